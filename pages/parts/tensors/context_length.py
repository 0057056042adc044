"""Context length: a model's loss with 1, 2, … T tokens to read, on the side that is kept back."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.batch.context_losses import ContextLosses, context_losses
from pages.parts.tensors import model_batch
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.parts.tensors.model_batch import BY_BATCH, ModelBatch
from pages.parts.tensors.tensors_state import TensorsState
from pages.shared import page_state
from pages.shared.figures import inked
from pages.shared.lecture import cited
from pages.shared.parameters import HIGHEST_SEED
from pages.shared.save import save_button
from pages.shared.url_controls import seed
from viz.colors import RUNS
from viz.figures.named_lines import named_lines

TOKENS, MOST_BLOCKS, LONG = 32_768, 512, 256
"""Predictions in all, of a model that is small; blocks; and the longest context that is read."""
LARGE, FEWER = 20_000_000, 8
"""Parameters from which a model reads so many times fewer."""


def show(chosen: ChosenCorpus, run: str | None, state: TensorsState) -> dict[str, Any]:
    """Draw the losses by length of context; return the values for the URL."""
    st.markdown(
        "Does a longer context help? One block is read with 1 token, with 2, up to T; follow the "
        f"loss from left to right. A bigram's line is level. — {cited('blocks')}"
    )
    of = model_batch.read(chosen, run)
    if of is None:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        draw = seed(state, "draw", state.draw, "Of the places that blocks are cut from.")
        st.button(
            "Other blocks",
            icon=":material/casino:",
            on_click=lambda: page_state.put(draw=min(draw + 1, HIGHEST_SEED)),
            key="tensors_other_blocks",
        )
    losses = by_context(of, draw)
    figure = inked(_figure(losses))
    st.plotly_chart(figure, key="tensors_context", config={"displayModeBar": False})
    st.caption(_words(losses))
    save_button(
        "text to tensors: context length",
        figures={"Loss by length of context": lambda: _figure(losses)},
        arrays=lambda: {"losses": losses.losses, "mean": losses.mean},
        settings={"run": of.run, "corpus_sha256": of.digest, "seed": draw},
    )
    return {"draw": draw}


@st.cache_resource(max_entries=16, show_spinner="Reading blocks…", hash_funcs=BY_BATCH)
def by_context(of: ModelBatch, draw: int) -> ContextLosses:
    """The losses of many blocks, as long as the model can read."""
    model = of.checkpoint.model
    held_out = len(of.ids) - int(0.9 * len(of.ids))
    T = max(1, min(of.checkpoint.config.block_size, LONG, held_out - 1))
    B = min(MOST_BLOCKS, max(2, TOKENS // T // (FEWER if model.n_parameters > LARGE else 1)))
    batch = of.held_out(B, T, draw)
    return context_losses(model, batch.x, batch.y)


def _figure(losses: ContextLosses) -> go.Figure:
    """The mean at each length, faint with its error, and means over lengths that double."""
    T = losses.losses.shape[1]
    figure = named_lines(
        {"each length": losses.mean},
        x=range(1, T + 1),
        across="tokens that the prediction could read",
        up="mean loss (nats)",
        errors={"each length": np.nan_to_num(losses.error)},
    )
    parts = losses.doubling()
    figure.add_scatter(
        name="1, 2, 3 to 4, 5 to 8, …",
        x=[np.sqrt(first * last) for first, last, _ in parts],
        y=[mean for *_, mean in parts],
        customdata=[[first, last] for first, last, _ in parts],
        mode="lines+markers",
        line={"width": 2.5, "color": RUNS[2]},
        hovertemplate="%{customdata[0]} to %{customdata[1]}: %{y:.4f}<extra></extra>",
    )
    ticks = [2**n for n in range(T.bit_length())]
    figure.update_xaxes(type="log", tickvals=ticks, ticktext=list(map(str, ticks)))
    return figure.update_traces(opacity=0.5, selector=0).update_layout(
        showlegend=True, hovermode="closest"
    )


def _words(losses: ContextLosses) -> str:
    B, T = losses.losses.shape
    parts = losses.doubling()
    (*_, alone), (first, last, most) = parts[0], parts[-1]
    return (
        f"{B} blocks of {T} tokens that were kept back; the band is one standard error. Mean loss "
        f"with one token to read: {alone:.4f}; with {first} to {last}: {most:.4f}. The mean over "
        f"the whole block is what training and evaluation report: {losses.losses.mean():.4f}."
    )
