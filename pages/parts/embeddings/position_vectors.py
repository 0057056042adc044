"""Positions: the table of position embeddings, and the similarity of its rows."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from gpt.inspect.tokens import embedding_tables
from pages.parts.embeddings import embedding_data, embedding_menus
from pages.parts.embeddings.embedding_data import Stack
from pages.parts.embeddings.embeddings_state import MOMENTS, EmbeddingsState
from pages.shared.loads import Look
from pages.shared.save import save_button
from viz.figures.tokens.channels import channel_map
from viz.figures.tokens.similarity import similarity_matrix

MOST = 256
"""More rows than this are not drawn: every second, third … is."""

WORDS = {
    "learned": "One learned row a position, added to the token's row.",
    "sinusoidal": "Sines and cosines of falling frequency, computed rather than learned, added to "
    "√C times the token's row (*Attention Is All You Need*, section 3.5).",
    "rotary": "This model adds nothing to the embeddings: it **turns queries and keys** by angles "
    "that grow with the position (RoFormer). Left: cosines, then sines, of those angles. Right: "
    "the cosine between one vector whose pairs are all equally long, turned to two positions; it "
    "depends on their distance alone.",
}


def draw(look: Look, state: EmbeddingsState) -> dict[str, Any]:
    """Draw the table and its similarity, one row for each moment; return the values for the URL."""
    kind = look.checkpoint.config.position
    if kind == "none":
        st.info(
            "This model has no positions: it is told neither by an added row nor by a turn where a "
            "token stands. What it knows of the order comes from the mask alone."
        )
        return {}
    when = embedding_menus.moments(Stack.of(look), state) if kind == "learned" else "trained"
    moments = MOMENTS[when]
    st.caption(WORDS[kind])
    rows = {moment: _table(look, kind, moment) for moment in moments}
    st.markdown(alike(rows[moments[-1]]))
    figures = _figures(rows, kind)
    _pictures(figures)
    _count_note(len(next(iter(rows.values()))))
    if kind == "learned":
        embedding_menus.start_note(Stack.of(look), moments)
    save_button(
        "positions",
        figures=figures,
        arrays=partial(_arrays, rows, kind),
        look=look,
        settings={"positions": kind},
    )
    return {"when": when} if kind == "learned" else {}


def alike(table: np.ndarray) -> str:
    """How alike the rows of positions are that stand next to each other, and of any two."""
    if len(table) < 2:
        return "There is one position alone."
    cosines = embedding_tables.similarity(table[:MOST])
    beside = np.diagonal(cosines, offset=1).mean()
    every = cosines[np.triu_indices(len(cosines), k=1)].mean()
    words = f"of two neighbours **{beside:.2f}** on average, of any two positions {every:.2f}"
    return f"Cosine {words}.".replace("-", "−")


def _table(look: Look, kind: str, moment: str) -> np.ndarray:
    config = look.checkpoint.config
    config = config.encoder if Stack.of(look).is_source else config
    if kind == "rotary":
        return embedding_tables.rotations(config.block_size, config.head_size)
    tables = (
        embedding_data.trained(Stack.of(look))
        if moment == "trained"
        else embedding_data.start(Stack.of(look)).tables
    )
    assert tables is not None and tables.position is not None
    return tables.position


def _figures(rows: dict[str, np.ndarray], kind: str) -> dict[str, Any]:
    """Functions that draw the pictures; a table has one colour scale at both moments."""
    limit = float(max(np.abs(table).max() for table in rows.values()))
    figures: dict[str, Any] = {}
    for moment, table in rows.items():
        at = np.arange(0, len(table), -(-len(table) // MOST))
        when = f", {embedding_menus.TITLES[moment]}" if kind == "learned" else ""
        name = "Rotations" if kind == "rotary" else "Position embeddings"
        figures[f"{name}{when}"] = partial(
            channel_map, table[at], limit=limit, positions=at, title=f"{name}{when}"
        )
        title = f"Cosine of every two positions{when}"
        cosines = embedding_tables.similarity(table[at])
        figures[f"Similarity{when}"] = partial(
            similarity_matrix, cosines, positions=at, title=title
        )
    return figures


def _pictures(figures: dict[str, Any]) -> None:
    makers = list(figures.items())
    for pair in zip(makers[::2], makers[1::2], strict=True):
        for column, (title, figure) in zip(st.columns(2), pair, strict=True):
            with column:
                chart = embedding_menus.inked(figure())
                st.plotly_chart(chart, key=f"at_{title}", config={"displayModeBar": False})


def _count_note(count: int) -> None:
    step = -(-count // MOST)
    if step > 1:
        st.caption(f"{count:,} positions; drawn: every {step}th. The files have them all.")


def _arrays(rows: dict[str, np.ndarray], kind: str) -> dict[str, np.ndarray]:
    name = "rotations" if kind == "rotary" else "position_table"
    arrays = {f"{name}_{moment}": table for moment, table in rows.items()}
    similar = {f"cosines_{m}": embedding_tables.similarity(table) for m, table in rows.items()}
    return arrays | similar
