"""The split of the corpus, a batch with its targets, and the examples in one block."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from gpt.errors import TextError
from gpt.text import training_batch
from gpt.text.tokenizers.choices import CHOICES
from gpt.text.training_batch import Batch, SplitSide
from pages.parts.tensors import trained_tokenizers
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.parts.tensors.tensors_state import SIZES, TensorsState
from pages.shared import page_memory, page_state, url_controls
from pages.shared.parameters import HIGHEST_SEED
from pages.shared.save import save_button
from viz.figures.equation import LARGEST, Matrix, equation
from viz.figures.tokens.split_bar import Side, split_bar
from viz.views.batch import Blocks, batch_view

SIDES = ("training", "validation")


def show(chosen: ChosenCorpus, run: str | None, state: TensorsState) -> dict[str, Any]:
    """Draw the split, the batch and a row of it; return the values for the URL."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = _tokenizer_menu(run, state)
        size = trained_tokenizers.size_menu(state) if name in trained_tokenizers.LEARN else None
        B, T, draw = shape_menu(state)
        _start_field()
    with st.spinner("Reading the corpus…", show_time=False):
        tokenizer = trained_tokenizers.tokenizer(name, run, chosen, size or SIZES[0])
        ids, sides = read(name, run, size, chosen.digest, chosen)
    split = split_bar([_side(*pair) for pair in zip(SIDES, sides, strict=True)])
    st.plotly_chart(split, key="tensors_split", config={"displayModeBar": False})
    batch = training_batch.batch(ids, B, T, draw)
    if state.start is not None:
        batch = _started(batch, ids, state)
    limits = f"this batch has rows 0 to {B - 1}"
    row = page_state.fitted(state, "row", range(B), min(state.row, B - 1), limits).row
    batch_view(
        Blocks(batch.x, batch.y, training_batch.pieces_of(tokenizer, batch.x, batch.y)),
        key="tensors_batch",
        row=row,
        on_row=lambda chosen_row: page_state.put(row=chosen_row),
    )
    link = {"tokenizer": name, "B": B, "T": T, "draw": draw, "row": row}
    link |= {} if size is None else {"V": size}
    link |= {} if state.start is None else {"start": state.start}
    _offer(batch, chosen, link)
    return link


def _tokenizer_menu(run: str | None, state: TensorsState) -> str:
    names = trained_tokenizers.names(run)
    page_state.fitted(state, "tokenizer", names, names[0], f"there are {', '.join(names)}")
    chosen: str = st.selectbox(
        "Tokenizer",
        names,
        format_func=lambda name: trained_tokenizers.title(name, run),
        **page_state.control("tokenizer"),
        width=230,
    )
    return chosen


def _start_field() -> None:
    """Draw a field for the place of the first row; empty, it is drawn as all others."""
    st.number_input(
        "Row 0 starts at",
        step=1,
        value=None,
        **page_state.control("start"),
        placeholder="drawn",
        on_change=_emptied,
        help="A place of the training part, from 0. Empty: drawn, as for all other rows.",
        width=140,
    )


def _emptied() -> None:
    """Remember an empty field as a choice; otherwise it would look like one that was not drawn."""
    if st.session_state[page_memory.key("start")] is None:
        page_state.put(start=None)


def _started(batch: Batch, ids: np.ndarray, state: TensorsState) -> Batch:
    """The batch with its first row cut where the person asks; as it was, if none fits there."""
    assert state.start is not None
    try:
        return training_batch.first_row_at(batch, ids, state.start)
    except TextError as error:
        page_state.say_misfit(state, "start", str(error), None)
        return batch


def shape_menu(state: TensorsState, longest: int = LARGEST) -> tuple[int, int, int]:
    """Draw B, T, the seed and the button for another seed; return the three.

    Args:
        longest: the largest T.
    """
    B = url_controls.whole("B (blocks)", state, "B", 1, LARGEST, width=120)
    T = url_controls.whole("T (tokens)", state, "T", 1, longest, width=120)
    draw = url_controls.whole("Seed", state, "draw", 0, HIGHEST_SEED, width=120)
    st.button(
        "Another batch",
        icon=":material/casino:",
        on_click=lambda: page_state.put(draw=min(draw + 1, HIGHEST_SEED)),
        key="tensors_another",
    )
    return B, T, draw


@st.cache_resource(max_entries=8, show_spinner=False)
def read(
    name: str, run: str | None, size: int | None, digest: str, _chosen: ChosenCorpus
) -> tuple[np.ndarray, tuple[SplitSide, SplitSide]]:
    """The corpus as ids, and the two sides of its split."""
    tokenizer = trained_tokenizers.tokenizer(name, run, _chosen, size or SIZES[0])
    ids = training_batch.encoded(tokenizer, _chosen.text)
    return ids, training_batch.split_sides(tokenizer, ids)


def _side(name: str, part: SplitSide) -> Side:
    counts = f"{part.characters:,} characters, {part.tokens:,} tokens"
    return Side(name, part.share, counts, part.start)


def _offer(batch: Batch, chosen: ChosenCorpus, settings: dict[str, Any]) -> None:
    title = (
        CHOICES[settings["tokenizer"]].title
        if settings["tokenizer"] in CHOICES
        else "own tokenizer"
    )
    matrices = [Matrix("x: inputs", batch.x), Matrix("y: targets", batch.y)]
    save_button(
        "text to tensors: batch",
        figures={f"A batch, {title}": partial(equation, matrices, cell=34)},
        arrays=lambda: {"x": batch.x, "y": batch.y},
        settings={"corpus": chosen.title, "corpus_sha256": chosen.digest, **settings},
    )
