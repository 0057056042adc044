"""Tokens: every token of the vocabulary as a point, in a plane or in space."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from gpt.inspect import plane
from gpt.inspect.tokens import embedding_tables
from pages.parts.embeddings import embedding_data, embedding_menus
from pages.parts.embeddings.embedding_data import Stack
from pages.parts.embeddings.embeddings_state import (
    COLOURS,
    DIMENSIONS,
    METHODS,
    MOMENTS,
    EmbeddingsState,
)
from pages.shared import page_state, url_controls
from pages.shared.loads import Look
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.points_figure import points_figure
from viz.point_picture import PointPicture, extent, plane_data
from viz.token_points import Cloud, token_points
from viz.views.plane import plane_view

NEAR = 5


def draw(look: Look, state: EmbeddingsState) -> dict[str, Any]:
    """Draw controls and one picture for each moment; return the values for the URL."""
    stack = Stack.of(look)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        table = embedding_menus.table_choice(stack, state)
        when = embedding_menus.moments(stack, state)
        method = url_controls.choice("Method", state, "method", METHODS)
        dims = url_controls.choice("Dimensions", state, "dims", DIMENSIONS)
        colour = _colour(stack, state)
        token = embedding_menus.token_menu(
            look, state, "row", "Token", embedding_menus.first_word(look)
        )
    moments, n = MOMENTS[when], DIMENSIONS.index(dims) + 2
    near = embedding_tables.neighbours(
        embedding_data.table(stack, table, "trained"), token, NEAR
    ).ids.tolist()
    clouds = _clouds(look, table, moments, method, n, token, near)
    settings = {"table": table, "method": method, "colour": colour, "token": token}
    figures = _figures(stack, clouds, colour, token, near)
    if n == 2:
        _planes(stack, clouds, colour, token, near)
    else:
        _pictures(figures)
    _notes(stack, table, moments, method, n, token)
    save_button(
        "embeddings",
        figures=figures,
        arrays=partial(_arrays, stack, table, clouds),
        look=look,
        settings=settings,
    )
    return {
        "table": table,
        "when": when,
        "method": method,
        "dims": dims,
        "colour": colour,
        "row": token,
    }


def _colour(stack: Stack, state: EmbeddingsState) -> str:
    known = embedding_data.vocabulary(stack)
    possible = COLOURS if known.counts is not None else COLOURS[:1]
    why = f" Frequency is not possible here: {known.reason}." if known.reason else ""
    frequency = f"frequency: how often it stands in the text that the run learned from.{why}"
    return url_controls.choice("Colour", state, "colour", possible, help=plain(frequency))


def _clouds(
    look: Look,
    table: str,
    moments: tuple[str, ...],
    method: str,
    n: int,
    token: int,
    near: list[int],
) -> dict[str, Cloud]:
    """The points of each moment."""
    return {moment: _cloud(look, table, moment, method, n, token, near) for moment in moments}


def _cloud(
    look: Look, table: str, moment: str, method: str, n: int, token: int, near: list[int]
) -> Cloud:
    stack = Stack.of(look)
    pieces = embedding_data.vocabulary(stack).pieces
    ids = embedding_data.laid_out(stack, method)
    if method == "t-SNE":
        points, names = (
            embedding_data.coordinates(stack, table, moment, n),
            [f"t-SNE {k + 1}" for k in range(n)],
        )
        return Cloud(points, [pieces[id] for id in ids], ids, names)
    fitted, rows = (
        embedding_data.fitted(stack, table, n),
        embedding_data.table(stack, table, moment),
    )
    share = fitted.share_of(rows[ids])
    ids = np.union1d(ids, [*look.query_ids, token, *near])
    names = [f"PC {k + 1} ({part:.1%})" for k, part in enumerate(share)]
    return Cloud(fitted.project(rows[ids]), [pieces[id] for id in ids], ids, names)


def _figures(
    stack: Stack, clouds: dict[str, Cloud], colour: str, token: int, near: list[int]
) -> dict[str, Any]:
    """Functions that draw the pictures, by title.

    Planes of one method share their axes if they can.
    """
    return {
        f"Tokens {title}": lambda picture=picture: points_figure(picture())
        for title, picture in _point_pictures(stack, clouds, colour, token, near).items()
    }


def _point_pictures(
    stack: Stack, clouds: dict[str, Cloud], colour: str, token: int, near: list[int]
) -> dict[str, Callable[[], PointPicture]]:
    known, ends = embedding_data.vocabulary(stack), _ends(clouds)
    return {
        title: partial(_point_picture, cloud, known, colour, token, near, ends, title)
        for title, cloud in (
            (embedding_menus.TITLES[moment], cloud) for moment, cloud in clouds.items()
        )
    }


def _ends(clouds: dict[str, Cloud]) -> np.ndarray | None:
    same = all(cloud.axes[0].startswith("PC") for cloud in clouds.values())
    return extent(*(cloud.points for cloud in clouds.values())) if same else None


def _point_picture(
    cloud: Cloud,
    known: embedding_data.Vocabulary,
    colour: str,
    token: int,
    near: list[int],
    ends: np.ndarray | None,
    title: str,
) -> PointPicture:
    by_count = colour == "frequency" and known.counts is not None
    return token_points(
        cloud,
        kinds=[known.kinds[id] for id in cloud.ids],
        legend=known.legend,
        counts=known.counts[cloud.ids] if by_count and known.counts is not None else None,
        chosen=token,
        near=near,
        extent=ends,
        title=title,
    )


def _planes(
    stack: Stack, clouds: dict[str, Cloud], colour: str, token: int, near: list[int]
) -> None:
    """Draw planes with points to click, one for each moment."""
    pictures = _point_pictures(stack, clouds, colour, token, near).values()
    for n, (column, picture) in enumerate(zip(st.columns(len(clouds)), pictures, strict=True)):
        with column:
            plane_view(plane_data(picture()), key=f"plane_{n}", on_choose=_choose)


def _choose(row: int) -> None:
    page_state.put(row=row)


def _pictures(figures: dict[str, Any]) -> None:
    """Draw the pictures in space."""
    for n, (column, figure) in enumerate(
        zip(st.columns(len(figures)), figures.values(), strict=True)
    ):
        with column:
            chart = embedding_menus.inked(figure())
            st.plotly_chart(chart, key=f"space_{n}", config={"displayModeBar": False})


def _notes(
    stack: Stack, table: str, moments: tuple[str, ...], method: str, n: int, token: int
) -> None:
    """Say in a line or two what the picture leaves out."""
    known, ids = embedding_data.vocabulary(stack), embedding_data.laid_out(stack, method)
    V, C = embedding_data.table(stack, table, "trained").shape
    parts = [f"{V:,} tokens of {C} channels."]
    if len(ids) < V:
        which = "first" if known.counts is None else "most frequent"
        more = ", and the prompt's and the chosen token's nearest" if method == "PCA" else ""
        parts.append(f"Laid out: the {len(ids):,} {which}{more}.")
    if token not in ids and method == "t-SNE":
        parts.append("The chosen token is not among them; PCA shows it.")
    if method == "PCA":
        share = embedding_data.fitted(stack, table, n).share.sum()
        parts.append(
            f"The {n} axes together hold **{share:.1%}** of the variance after training; the rest "
            "is out of sight. Before and after are drawn along the same axes."
        )
    else:
        parts.append(
            f"t-SNE (scikit-learn), perplexity {plane.perplexity(len(ids)):.3g}, seed "
            f"{plane.SEED}: who is near whom is kept, distances between groups mean nothing; "
            "before and after are laid out separately."
        )
    parts.append(f"Ring: the chosen token. Lines: to its {NEAR} nearest after training, by cosine.")
    if n == 3:
        parts.append("Drag to turn; a point can be clicked in 2-D only.")
    else:
        parts.append("Click a point to choose it; then scroll to zoom in, drag to move.")
    st.caption(" ".join(parts))
    embedding_menus.start_note(stack, moments)


def _arrays(stack: Stack, table: str, clouds: dict[str, Cloud]) -> dict[str, np.ndarray]:
    """The points, and the tables behind them."""
    arrays: dict[str, np.ndarray] = {"ids": next(iter(clouds.values())).ids}
    for moment, cloud in clouds.items():
        arrays[f"points_{moment}"] = cloud.points
        arrays[f"{table}_table_{moment}"] = embedding_data.table(stack, table, moment)
    counts = embedding_data.vocabulary(stack).counts
    return arrays if counts is None else arrays | {"counts": counts}
