"""The split of the corpus, a batch of blocks with its targets, and one block as its examples."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from gpt.text import drawn
from gpt.text.drawn import Batch, Part
from gpt.text.tokenizers.choices import CHOICES
from pages.parts.tensors import trained
from pages.parts.tensors.corpus import Chosen
from pages.shared import links, permalink
from pages.shared.save import save_button
from viz.batch_view import Blocks, batch_view
from viz.equation import LARGEST, Matrix, equation
from viz.tokens.split_bar import Side, split_bar

LECTURE = {"B": 4, "T": 8, "draw": 1337}
SIDES = ("training", "validation")
LAST_DRAW = 2**31 - 1


def show(chosen: Chosen, run: str | None) -> dict[str, Any]:
    """Draw the split, the batch and a row of it; return what the URL should say."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = _tokenizer_menu(run)
        size = trained.size_menu() if name in trained.LEARN else None
        B, T, draw = shape_menu()
    with st.spinner("Reading the corpus…", show_time=False):
        tokenizer = trained.tokenizer(name, run, chosen, size or trained.SIZES[0])
        ids, sides = _read(name, run, size, chosen.digest, chosen)
    split = split_bar([_side(*pair) for pair in zip(SIDES, sides, strict=True)])
    st.plotly_chart(split, key="tensors_split", config={"displayModeBar": False})
    batch = drawn.batch(ids, B, T, draw)
    row = min(permalink.bind("row", 0, links.index), B - 1)
    permalink.put("row", row)
    batch_view(
        Blocks(batch.x, batch.y, drawn.pieces_of(tokenizer, batch.x, batch.y)),
        key="tensors_batch",
        row=row,
        on_row=lambda chosen_row: permalink.put("row", chosen_row),
    )
    told = {"tokenizer": name, "V": size, "B": B, "T": T, "draw": draw, "row": row}
    _offer(batch, chosen, told)
    return told


def _tokenizer_menu(run: str | None) -> str:
    names = trained.names(run)
    if permalink.bind("tokenizer", names[0]) not in names:
        permalink.put("tokenizer", names[0])
    chosen: str = st.selectbox(
        "Tokenizer",
        names,
        format_func=lambda name: trained.title(name, run),
        key=permalink.key("tokenizer"),
        width=230,
    )
    return chosen


def shape_menu() -> tuple[int, int, int]:
    """Draw B, T, the seed and the button for another one; return the three."""
    numbers = {"B": (1, LARGEST), "T": (1, LARGEST), "draw": (0, LAST_DRAW)}
    labels = {"B": "B (blocks)", "T": "T (tokens)", "draw": "Seed"}
    found = []
    for name, (low, high) in numbers.items():
        value = permalink.bind(name, LECTURE[name], links.index)
        permalink.put(name, min(max(value, low), high))
        found.append(st.number_input(labels[name], low, high, key=permalink.key(name), width=120))
    B, T, draw = (int(chosen) for chosen in found)
    st.button(
        "Another batch",
        icon=":material/casino:",
        on_click=permalink.put,
        args=("draw", draw + 1),
        key="tensors_another",
    )
    return B, T, draw


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(
    name: str, run: str | None, size: int | None, digest: str, _chosen: Chosen
) -> tuple[np.ndarray, tuple[Part, Part]]:
    tokenizer = trained.tokenizer(name, run, _chosen, size or trained.SIZES[0])
    ids = drawn.encoded(tokenizer, _chosen.text)
    return ids, drawn.parts(tokenizer, ids)


def _side(name: str, part: Part) -> Side:
    told = f"{part.characters:,} characters, {part.tokens:,} tokens"
    return Side(name, part.share, told, part.start)


def _offer(batch: Batch, chosen: Chosen, told: dict[str, Any]) -> None:
    title = CHOICES[told["tokenizer"]].title if told["tokenizer"] in CHOICES else "own tokenizer"
    matrices = [Matrix("x: inputs", batch.x), Matrix("y: targets", batch.y)]
    save_button(
        "text to tensors: batch",
        figures={f"A batch, {title}": partial(equation, matrices, cell=34)},
        arrays=lambda: {"x": batch.x, "y": batch.y},
        settings={"corpus": chosen.title, "corpus_sha256": chosen.digest, **told},
    )
