"""Vectors as a picture: one row a position or a token, one column a channel."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import INVALID, MASKED, SIGNED_SCALE
from viz.figures.plot_parts import CLEAR, every_nth, flat_cells, framed, scale_bar, whole_ticks
from viz.map_scale import signed_end
from viz.text import plotly_label, visible

TICKS, LETTERS = 16, 7
"""Of tokens beside the rows: how many at most, and how long."""


def channel_map(
    table: NDArray[Any],
    *,
    limit: float | None = None,
    positions: NDArray[np.integer[Any]] | None = None,
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
    end = signed_end(table if limit is None else limit)
    rows = np.arange(len(table)) if positions is None else positions
    heatmap = go.Heatmap(
        z=np.where(np.isfinite(table), table, np.nan).astype(np.float32),
        y=rows,
        colorscale=SIGNED_SCALE,
        zmin=-end,
        zmax=end,
        hovertemplate=f"{row} %{{y}}<br>{column} %{{x}}<br><b>%{{z:.4f}}</b><extra></extra>",
        hoverongaps=False,
        colorbar=scale_bar([-end, 0, end], [f"−{end:.3g}", "0", f"{end:.3g}"], len=0.6),
    )
    figure = go.Figure(heatmap)
    if not np.isfinite(table).all():
        # What is not a number must be seen: a model that diverged.
        figure.add_trace(
            flat_cells(~np.isfinite(table), INVALID, "not a number", y=rows, name="not a number")
        )
    ticks = whole_ticks(table.shape[1])
    figure.update_xaxes(title=column, showgrid=False, zeroline=False, **ticks)
    figure.update_yaxes(
        title=None if tokens else row,
        showgrid=False,
        zeroline=False,
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
    return framed(
        figure,
        height,
        top=44 if title else 10,
        title=plotly_label(title).replace("·", " ") or None,
        plot_bgcolor=CLEAR,
    )


def _pointer(symbol: str, x: float, y: float) -> go.Scatter:
    """At the picture's edge: a frame would cover the very numbers, a column being a pixel wide."""
    return go.Scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={"symbol": symbol, "size": 11, "color": MASKED, "line": {"width": 0}},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )


def clipped(token: str) -> str:
    """A token beside its row, as plotly prints it: seven letters at most.

    >>> clipped("<strange>")
    '&lt;stran…'
    """
    seen = visible(token)
    cut = seen if len(seen) <= LETTERS else f"{seen[: LETTERS - 1]}…"
    return html.escape(cut, quote=False)
