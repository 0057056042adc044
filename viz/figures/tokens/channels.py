"""Vectors as a picture: one row a position or a token, one column a channel."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import INVALID, MASKED
from viz.figures.plot_parts import (
    CLEAR,
    LINELESS,
    colored,
    dots,
    every_nth,
    flat_cells,
    framed,
    titled,
    whole_ticks,
)
from viz.given import Array, Integers
from viz.map_scale import map_scale
from viz.text import visible

TICKS, LETTERS = 16, 7
"""Of tokens beside the rows: how many at most, and how long."""


def channel_map(
    table: Array,
    *,
    limit: float | None = None,
    positions: Integers | None = None,
    row: str = "position",
    column: str = "channel",
    title: str = "",
    tokens: Sequence[str] | None = None,
    pointed: tuple[int, int] | None = None,
    height: int = 520,
) -> go.Figure:
    """Draw a table, the first row on top.

    Args:
        table: (N, C).
        limit: end of the colour scale, −limit to limit; None: as `signed_end` says. What is beyond
            has the end's colour.
        positions: (N,) the number of each row; None: from 0.
        row, column: what they are called.
        title: plain text.
        tokens: N pieces of text beside the rows, in place of numbers; they are escaped.
        pointed: a position and a channel to be pointed at, from the edge.
        height: px.

    Raises:
        ValueError: a table that is not (N, C), or not one token for each row.
    """
    if table.ndim != 2:
        raise ValueError(f"a table must be (N, C), got {table.shape}")
    if tokens is not None and len(tokens) != len(table):
        raise ValueError(f"{len(table)} rows need as many tokens, got {len(tokens)}")
    scale = map_scale(table, "signed", limit)
    rows = np.arange(len(table)) if positions is None else positions
    z = np.where(np.isfinite(table), table, np.nan).astype(np.float32)
    hover = f"{row} %{{y}}<br>{column} %{{x}}<br><b>%{{z:.4f}}</b>"
    figure = go.Figure(colored(z, scale, hover, y=rows))
    if not np.isfinite(table).all():
        # What is not a number must be seen: a model that diverged.
        figure.add_trace(
            flat_cells(~np.isfinite(table), INVALID, "not a number", y=rows, name="not a number")
        )
    ticks = whole_ticks(table.shape[1])
    figure.update_xaxes(title=column, **LINELESS, **ticks)
    figure.update_yaxes(
        title=None if tokens else row,
        **LINELESS,
        **whole_ticks(float(rows[-1])),
        range=[rows[-1] + 0.5, rows[0] - 0.5],
    )
    if tokens is not None:
        names = every_nth([clipped(token) for token in tokens], TICKS)
        names["tickvals"] = rows[names["tickvals"]]
        figure.update_yaxes(**names, tickfont={"family": "monospace", "size": 10})
    if pointed is not None:
        figure.add_trace(_pointer("triangle-right", -0.5, pointed[0]))
        figure.add_trace(_pointer("triangle-down", pointed[1], rows[0] - 0.5))
    return framed(figure, height, **titled(title), plot_bgcolor=CLEAR)


def _pointer(symbol: str, x: float, y: float) -> go.Scatter:
    """At the picture's edge: a frame would cover the very numbers, a column being a pixel wide."""
    pointer = dots("", [x], [y], MASKED, 11, cliponaxis=False, showlegend=False)
    return pointer.update(marker={"symbol": symbol, "line": {"width": 0}}, hoverinfo="skip")


def clipped(token: str) -> str:
    """A token beside its row, as plotly prints it: seven letters at most.

    >>> clipped("<strange>")
    '&lt;stran…'
    """
    seen = visible(token)
    cut = seen if len(seen) <= LETTERS else f"{seen[: LETTERS - 1]}…"
    return html.escape(cut, quote=False)
