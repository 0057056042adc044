"""Rows apart: a token of one row is changed, and the logits of all other rows stay as they are."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gpt.inspect.batch.row_change import RowChange, change_one_token
from gpt.text.training_batch import Batch
from pages.parts.tensors import model_batch
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.parts.tensors.model_batch import BY_BATCH, ModelBatch
from pages.parts.tensors.tensors_state import TensorsState
from pages.shared import url_controls
from pages.shared.lecture import cited
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.equation import Matrix, equation
from viz.text import visible


def show(chosen: ChosenCorpus, run: str | None, state: TensorsState) -> dict[str, Any]:
    """Draw the batch, and how far each place's logits moved; return the values for the URL."""
    st.markdown(
        "Do the blocks of a batch talk to each other? Change one token of one row, and look for "
        f"any number in another row that is not exactly 0. — {cited('batch')}"
    )
    of = model_batch.read(chosen, run)
    if of is None:
        return {}
    B, T, draw = model_batch.shape(of, state)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = url_controls.whole("Row", state, "row", 0, B - 1, f"this batch has rows 0 to {B - 1}")
        last = f"a row has positions 0 to {T - 1}"
        position = url_controls.whole("Position", state, "position", 0, T - 1, last)
    batch, change = of.batch(B, T, draw), changed(of, B, T, draw, row, position)
    model_batch.side_by_side(_matrices(batch, change), "tensors_rows_apart")
    st.markdown(_sentence(of, change))
    link = {"B": B, "T": T, "draw": draw, "row": row, "position": position}
    save_button(
        "text to tensors: rows apart",
        figures={"How far the logits moved": lambda: equation(_matrices(batch, change))},
        arrays=lambda: {"x": batch.x, "moved": change.moved},
        settings={"run": of.run, "corpus_sha256": of.digest, **link},
    )
    return link


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_BATCH)
def changed(of: ModelBatch, B: int, T: int, draw: int, row: int, position: int) -> RowChange:
    """The change of one token into the one with the next id."""
    batch = of.batch(B, T, draw)
    new = (int(batch.x[row, position]) + 1) % of.checkpoint.config.vocab_size
    return change_one_token(of.checkpoint.model, batch.x, row, position, new)


def _matrices(batch: Batch, change: RowChange) -> list[Matrix]:
    rows = [f"{row}" for row in range(len(batch.x))]
    moved = Matrix("largest change of a logit", change.moved, "signed", rows)
    return [Matrix("x: ids", batch.x, rows=rows), moved]


def _sentence(of: ModelBatch, change: RowChange) -> str:
    before, after = of.checkpoint.tokenizer.pieces([change.before, change.after])
    B, T, V = change.shape
    others = "**exactly 0**" if change.on_other_rows == 0 else f"{change.on_other_rows:.2e}"
    earlier = "exactly 0" if change.on_earlier_tokens == 0 else f"{change.on_earlier_tokens:.2e}"
    return (
        f"Row {change.row}, position {change.position}: {plain(visible(before))} became "
        f"{plain(visible(after))}. Of the {B} × {T} × {V:,} logits, those of the other rows moved "
        f"by {others}, those of the same row before the token by {earlier}: B sequences are "
        "computed side by side, and a token sees only its own row, up to itself."
    )
