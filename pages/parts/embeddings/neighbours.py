"""Neighbours and analogies: which rows point the same way, and where a − b + c points."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.tokens import embedding_tables
from pages.parts.embeddings import embedding_data, embedding_menus
from pages.parts.embeddings.embedding_data import Stack
from pages.parts.embeddings.embeddings_state import MOMENTS, EmbeddingsState
from pages.shared import page_state
from pages.shared.loads import Look
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.tokens.rank_bars import rank_bars
from viz.figures.tokens.similarity import similarity_matrix
from viz.text import visible

SHOWN = 10
MOST_IN_A_MATRIX = 200
LOOK_FOR = (
    "Look for blocks on the diagonal, kinds whose rows training made alike, and for a second "
    "diagonal, where capitals meet their small letters."
)


def draw(look: Look, state: EmbeddingsState) -> dict[str, Any]:
    """Draw controls, the two rankings and all cosines; return the values for the URL."""
    stack = Stack.of(look)
    a, b, c = _defaults(embedding_data.vocabulary(stack).pieces)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        table = embedding_menus.table_choice(stack, state)
        when = embedding_menus.moments(stack, state)
        token = embedding_menus.token_menu(
            look, state, "row", "Token", embedding_menus.first_word(look)
        )
        chosen = [
            embedding_menus.token_menu(look, state, name, label, default)
            for name, label, default in (("a", "a", a), ("b", "− b", b), ("c", "+ c", c))
        ]
    moments = MOMENTS[when]
    figures = _rankings(stack, table, moments, token, chosen)
    for column, (title, figure) in zip(st.columns(len(figures)), figures.items(), strict=True):
        with column, st.container(key=f"ranking_{title.replace(' ', '_')}"):
            _bars(figure, token)
    st.caption(
        "Cosine between rows, 1: the same direction, 0: at right angles. Left out: the token "
        "itself; of a − b + c, the three inputs, which would nearly always win. Click a bar of "
        "the neighbours to go on from there."
    )
    figures |= _matrices(stack, table, moments)
    embedding_menus.start_note(stack, moments)
    save_button(
        "neighbours",
        figures=figures,
        arrays=partial(_arrays, stack, table, moments, token, chosen),
        look=look,
        settings={"table": table, "token": token, "a": chosen[0], "b": chosen[1], "c": chosen[2]},
    )
    return {"table": table, "when": when, "row": token, **dict(zip("abc", chosen, strict=True))}


EXAMPLES = ((" woman", " man", " he"), ("woman", "man", "he"), ("A", "a", "b"))
"""a, − b, + c: a model of words may answer “she”, and one of letters B."""


def _defaults(pieces: list[str]) -> tuple[int, int, int]:
    """The first example whose tokens there are."""
    ids = {piece: id for id, piece in enumerate(pieces)}
    for a, b, c in EXAMPLES:
        if {a, b, c} <= set(ids):
            return ids[a], ids[b], ids[c]
    last = len(pieces) - 1
    return 0, min(1, last), min(2, last)


def _rankings(
    stack: Stack, table: str, moments: tuple[str, ...], token: int, chosen: list[int]
) -> dict[str, Any]:
    """Functions that draw the bars, by title."""
    pieces = embedding_data.vocabulary(stack).pieces
    names = [visible(pieces[id]) for id in (token, *chosen)]
    figures: dict[str, Any] = {}
    for moment in moments:
        rows, when = embedding_data.table(stack, table, moment), embedding_menus.TITLES[moment]
        near = embedding_tables.neighbours(rows, token, SHOWN)
        sums = embedding_tables.analogy(rows, chosen[0], chosen[1], chosen[2], SHOWN)
        title = f"Nearest to “{names[0]}”, {when}"
        figures[f"Neighbours {when}"] = partial(_ranked, pieces, near, title)
        title = f"{names[1]} − {names[2]} + {names[3]}, {when}"
        figures[f"Analogy {when}"] = partial(_ranked, pieces, sums, title)
    return dict(sorted(figures.items(), key=lambda item: item[0].startswith("Analogy")))


def _ranked(pieces: list[str], ranked: embedding_tables.Ranked, title: str) -> go.Figure:
    return rank_bars([pieces[id] for id in ranked.ids], ranked.cosines, ranked.ids, title)


def _bars(figure: Any, token: int) -> None:
    chart = embedding_menus.inked(figure())
    key = f"bars_{chart.layout.title.text}_{token}"
    st.plotly_chart(
        chart,
        key=key,
        on_select=partial(_clicked, key),
        selection_mode="points",
        config={"displayModeBar": False},
    )


def _clicked(key: str) -> None:
    """Choose the token whose bar was clicked."""
    points = st.session_state[key]["selection"]["points"]
    if points and points[0].get("customdata"):
        page_state.put(row=int(points[0]["customdata"][0]))


def _matrices(stack: Stack, table: str, moments: tuple[str, ...]) -> dict[str, Any]:
    """Every token against every token, sorted by kind, if the vocabulary is small enough."""
    known = embedding_data.vocabulary(stack)
    V = len(known.pieces)
    if V > MOST_IN_A_MATRIX:
        st.caption(plain(f"The matrix of all cosines is left out: {V:,} tokens are too many."))
        return {}
    order = sorted(range(V), key=lambda id: (known.legend.index(known.kinds[id]), id))
    names = [known.pieces[id] for id in order]
    figures: dict[str, Any] = {}
    columns = st.columns(2)
    for column, moment in zip(columns, moments, strict=False):
        cosines = embedding_tables.similarity(embedding_data.table(stack, table, moment)[order])
        title = f"Every token with every token, {embedding_menus.TITLES[moment]}"
        figure = partial(similarity_matrix, cosines, names, title=title)
        figures[f"All cosines {embedding_menus.TITLES[moment]}"] = figure
        with column:
            chart = embedding_menus.inked(figure())
            st.plotly_chart(chart, key=f"cosines_{moment}", config={"displayModeBar": False})
    if len(moments) == 1:
        columns[1].caption(f"Sorted by kind: {', '.join(known.legend)}. {LOOK_FOR}")
    return figures


def _arrays(
    stack: Stack, table: str, moments: tuple[str, ...], token: int, chosen: list[int]
) -> dict[str, np.ndarray]:
    """The whole rankings, also beyond the bars."""
    arrays: dict[str, np.ndarray] = {}
    for moment in moments:
        rows = embedding_data.table(stack, table, moment)
        near = embedding_tables.neighbours(rows, token, len(rows))
        sums = embedding_tables.analogy(rows, chosen[0], chosen[1], chosen[2], len(rows))
        arrays |= {f"neighbours_{moment}": near.ids, f"neighbour_cosines_{moment}": near.cosines}
        arrays |= {f"analogy_{moment}": sums.ids, f"analogy_cosines_{moment}": sums.cosines}
        arrays[f"{table}_table_{moment}"] = rows
    return arrays
