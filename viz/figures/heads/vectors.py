"""Vectors as a picture: one row a position, one column a channel."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED, SIGNED_SCALE
from viz.figures.plot_parts import framed, scale_bar
from viz.number_texts import signed
from viz.text import plotly_text, visible

TICKS = 16
LETTERS = 7
"""Of a token beside its row; a margin that fits itself to the words costs more than the picture."""

HEIGHT = 330


def vectors(
    values: NDArray[np.floating[Any]],
    tokens: Sequence[str],
    *,
    limit: float,
    title: str,
    first: int = 0,
    row: int | None = None,
    column: int | None = None,
) -> go.Figure:
    """Draw (T, C) numbers, coloured from −limit to limit; what is beyond has the end's colour.

    Args:
        values: (T, C).
        tokens: T pieces of text; they are escaped.
        limit: end of the scale.
        title: plain text.
        first: position of the first row.
        row, column: a position and a channel to be pointed at, from the edge.

    Raises:
        ValueError: not one token for each row.
    """
    T, C = values.shape
    if len(tokens) != T:
        raise ValueError(f"{T} rows need as many tokens, got {len(tokens)}")
    figure = go.Figure(
        go.Heatmap(
            z=np.asarray(values, dtype=np.float32),
            y0=first,
            dy=1,
            zmin=-limit,
            zmax=limit,
            colorscale=[list(stop) for stop in SIGNED_SCALE],
            hovertemplate="position %{y:d}, channel %{x:d}<br><b>%{z:.4f}</b><extra></extra>",
            colorbar=scale_bar(
                [-limit, 0, limit], [signed(end, 1) for end in (-limit, 0.0, limit)], thickness=8
            ),
        )
    )
    if row is not None:
        _pointer(figure, "triangle-right", -0.5, row)
    if column is not None:
        _pointer(figure, "triangle-down", column, first - 0.5)
    return _laid_out(figure, tokens, first, C, title)


def _pointer(figure: go.Figure, symbol: str, x: float, y: float) -> None:
    """At the picture's edge: a frame would cover the very numbers, a column being a pixel wide."""
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={"symbol": symbol, "size": 11, "color": MASKED, "line": {"width": 0}},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )


def _laid_out(
    figure: go.Figure, tokens: Sequence[str], first: int, C: int, title: str
) -> go.Figure:
    T = len(tokens)
    every = -(-T // TICKS)
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(first, first + T, every)),
        ticktext=[_short(token) for token in tokens[::every]],
        automargin=False,
        tickfont={"family": "monospace", "size": 10},
        range=[first + T - 0.5, first - 0.5],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_xaxes(
        title={"text": "channel", "standoff": 8},
        range=[-0.5, C - 0.5],
        automargin=False,
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    return framed(
        figure,
        HEIGHT,
        left=28 + 7 * _longest(tokens[::every]),
        top=34,
        bottom=58,
        title={"text": plotly_text(title), "font": {"size": 14}},
        dragmode=False,
    )


def _short(token: str) -> str:
    seen = visible(token)
    return (
        html.escape(seen if len(seen) <= LETTERS else f"{seen[: LETTERS - 1]}…", quote=False) + " "
    )


def _longest(tokens: Sequence[str]) -> int:
    return max(2, min(LETTERS, max(len(visible(token)) for token in tokens)))
