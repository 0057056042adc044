"""Neighbours and analogies: which rows point the same way, and where a − b + c points."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.tokens import embedding_tables
from pages.parts.embeddings import controls, data
from pages.parts.embeddings.state import MOMENTS, EmbeddingsState
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
    """Controls, then the two rankings, then all cosines; what belongs into the URL."""
    run = look.run
    a, b, c = _defaults(data.vocabulary(run).pieces)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        table = controls.table_choice(run, state)
        when = controls.moments(run, state)
        token = controls.token_menu(look, state, "row", "Token", controls.first_word(look))
        chosen = [
            controls.token_menu(look, state, name, label, default)
            for name, label, default in (("a", "a", a), ("b", "− b", b), ("c", "+ c", c))
        ]
    shown = MOMENTS[when]
    figures = _rankings(run, table, shown, token, chosen)
    for column, (title, figure) in zip(st.columns(len(figures)), figures.items(), strict=True):
        with column, st.container(key=f"ranking_{title.replace(' ', '_')}"):
            _bars(figure, token)
    st.caption(
        "Cosine between rows, 1: the same direction, 0: at right angles. Left out: the token "
        "itself; of a − b + c, the three inputs, which would nearly always win. Click a bar of "
        "the neighbours to go on from there."
    )
    figures |= _matrices(run, table, shown)
    controls.start_told(run, shown)
    save_button(
        "neighbours",
        figures=figures,
        arrays=partial(_arrays, run, table, shown, token, chosen),
        look=look,
        settings={"table": table, "token": token, "a": chosen[0], "b": chosen[1], "c": chosen[2]},
    )
    return {"table": table, "when": when, "row": token, **dict(zip("abc", chosen, strict=True))}


def _defaults(pieces: list[str]) -> tuple[int, int, int]:
    """A − a + b, which a model of letters may have learned to answer with B."""
    place = {piece: id for id, piece in enumerate(pieces)}
    if {"A", "a", "b"} <= set(place):
        return place["A"], place["a"], place["b"]
    last = len(pieces) - 1
    return 0, min(1, last), min(2, last)


def _rankings(
    run: str, table: str, shown: tuple[str, ...], token: int, chosen: list[int]
) -> dict[str, Any]:
    """Makers of the bars, by title."""
    pieces = data.vocabulary(run).pieces
    names = [visible(pieces[id]) for id in (token, *chosen)]
    found: dict[str, Any] = {}
    for moment in shown:
        rows, when = data.table(run, table, moment), controls.TITLES[moment]
        near = embedding_tables.neighbours(rows, token, SHOWN)
        sums = embedding_tables.analogy(rows, chosen[0], chosen[1], chosen[2], SHOWN)
        title = f"Nearest to “{names[0]}”, {when}"
        found[f"Neighbours {when}"] = partial(_ranked, pieces, near, title)
        title = f"{names[1]} − {names[2]} + {names[3]}, {when}"
        found[f"Analogy {when}"] = partial(_ranked, pieces, sums, title)
    return dict(sorted(found.items(), key=lambda item: item[0].startswith("Analogy")))


def _ranked(pieces: list[str], found: embedding_tables.Ranked, title: str) -> go.Figure:
    return rank_bars([pieces[id] for id in found.ids], found.cosines, found.ids, title)


def _bars(figure: Any, token: int) -> None:
    drawn = controls.inked(figure())
    key = f"bars_{drawn.layout.title.text}_{token}"
    st.plotly_chart(
        drawn,
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


def _matrices(run: str, table: str, shown: tuple[str, ...]) -> dict[str, Any]:
    """Every token with every token, sorted by kind, where there are not too many."""
    known = data.vocabulary(run)
    V = len(known.pieces)
    if V > MOST_IN_A_MATRIX:
        st.caption(plain(f"The matrix of all cosines is left out: {V:,} tokens are too many."))
        return {}
    order = sorted(range(V), key=lambda id: (known.legend.index(known.kinds[id]), id))
    names = [known.pieces[id] for id in order]
    found: dict[str, Any] = {}
    columns = st.columns(2)
    for column, moment in zip(columns, shown, strict=False):
        cosines = embedding_tables.similarity(data.table(run, table, moment)[order])
        title = f"Every token with every token, {controls.TITLES[moment]}"
        figure = partial(similarity_matrix, cosines, names, title=title)
        found[f"All cosines {controls.TITLES[moment]}"] = figure
        with column:
            drawn = controls.inked(figure())
            st.plotly_chart(drawn, key=f"cosines_{moment}", config={"displayModeBar": False})
    if len(shown) == 1:
        columns[1].caption(f"Sorted by kind: {', '.join(known.legend)}. {LOOK_FOR}")
    return found


def _arrays(
    run: str, table: str, shown: tuple[str, ...], token: int, chosen: list[int]
) -> dict[str, np.ndarray]:
    """The whole rankings, not only what is shown."""
    found: dict[str, np.ndarray] = {}
    for moment in shown:
        rows = data.table(run, table, moment)
        near = embedding_tables.neighbours(rows, token, len(rows))
        sums = embedding_tables.analogy(rows, chosen[0], chosen[1], chosen[2], len(rows))
        found |= {f"neighbours_{moment}": near.ids, f"neighbour_cosines_{moment}": near.cosines}
        found |= {f"analogy_{moment}": sums.ids, f"analogy_cosines_{moment}": sums.cosines}
        found[f"{table}_table_{moment}"] = rows
    return found
