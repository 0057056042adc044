"""Noise: the loss of one batch against means of 10, 50 and 200; and dropout's, pass after pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.batch.loss_noise import batch_losses, dropout_losses, means_of
from pages.parts.tensors import model_batch
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.parts.tensors.model_batch import BY_BATCH, ModelBatch
from pages.parts.tensors.tensors_state import TensorsState
from pages.shared.figures import inked
from pages.shared.lecture import cited
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.runs.loss_rows import loss_scatter

BATCHES, MEANS, PASSES = 200, (10, 50, 200), 20
LARGE, FEWER = 20_000_000, 10
"""Parameters from which so many times fewer batches are read."""


def show(chosen: ChosenCorpus, run: str | None, state: TensorsState) -> dict[str, Any]:
    """Draw the losses as dots; return the values for the URL."""
    st.markdown(
        "How far can the loss of one batch be trusted? Compare the widths of the rows: the mean of "
        "n batches scatters √n times less. In training mode dropout makes every pass another "
        f"model. — {cited('estimates', 'dropout')}"
    )
    of = model_batch.read(chosen, run)
    if of is None:
        return {}
    B, T, draw = model_batch.shape(of, state)
    link = {"B": B, "T": T, "draw": draw}
    losses, (passes, still) = single(of, B, T, draw), dropped(of, B, T, draw)
    figure = inked(_batches_figure(losses))
    st.plotly_chart(figure, key="tensors_noise", config={"displayModeBar": False})
    st.caption(_spread(losses))
    _dropout(of, passes, still)
    save_button(
        "text to tensors: noise",
        figures={
            "Batches": lambda: _batches_figure(losses),
            "Dropout": lambda: _dropout_figure(passes, still),
        },
        arrays=lambda: {"batches": losses, "dropout": passes, "evaluation": np.array(still)},
        settings={"run": of.run, "corpus_sha256": of.digest, **link},
    )
    return link


@st.cache_resource(max_entries=8, show_spinner="Reading batches…", hash_funcs=BY_BATCH)
def single(of: ModelBatch, B: int, T: int, draw: int) -> np.ndarray:
    """The loss of each batch on the side that is kept back."""
    count = BATCHES // (FEWER if of.checkpoint.model.n_parameters > LARGE else 1)
    batch = of.held_out(count * B, T, draw)
    x, y = (ids.reshape(count, B, T) for ids in (batch.x, batch.y))
    return batch_losses(of.checkpoint.model, x, y)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_BATCH)
def dropped(of: ModelBatch, B: int, T: int, draw: int) -> tuple[np.ndarray, float]:
    """The losses of one batch with dropout, and the loss without."""
    batch = of.held_out(B, T, draw)
    return dropout_losses(of.checkpoint.model, batch.x, batch.y, PASSES, draw)


def _rows(losses: np.ndarray) -> dict[str, np.ndarray]:
    means = {n: means_of(losses, n) for n in MEANS}
    rows = {"one batch": losses}
    return rows | {f"mean of {n}": of_n for n, of_n in means.items() if len(of_n)}


def _batches_figure(losses: np.ndarray) -> go.Figure:
    return loss_scatter(_rows(losses), {f"mean of all, {losses.mean():.3f}": float(losses.mean())})


def _spread(losses: np.ndarray) -> str:
    spreads = "; ".join(
        f"{name}: {row.std():.4f}" for name, row in _rows(losses).items() if len(row) > 1
    )
    low, high = losses.min(), losses.max()
    return (
        f"{len(losses)} batches of the side that is kept back. One batch says anything from "
        f"{low:.3f} to {high:.3f}. Standard deviations: {spreads}."
    )


def _dropout_figure(passes: np.ndarray, still: float) -> go.Figure:
    return loss_scatter({"training mode": passes}, {f"evaluation mode, {still:.3f}": still})


def _dropout(of: ModelBatch, passes: np.ndarray, still: float) -> None:
    rate = of.checkpoint.config.dropout
    if not rate:
        st.caption(
            f"**{plain(of.run)}** has no dropout: all {len(passes)} passes in training mode give "
            f"{still:.4f}, as in evaluation mode."
        )
        return
    figure = inked(_dropout_figure(passes, still))
    st.plotly_chart(figure, key="tensors_dropout", config={"displayModeBar": False})
    st.caption(
        f"One batch, {len(passes)} passes in training mode: each silences another {rate:.0%} of "
        f"the channels on the embeddings and on each branch. Their mean is {passes.mean():.4f}; in "
        f"evaluation mode nothing is silent, and the loss is {still:.4f}."
    )
