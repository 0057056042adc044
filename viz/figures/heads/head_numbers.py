"""One number for every head, as a small table of layers by heads, several beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from viz.colors import WEIGHTS_SCALE
from viz.figures.plot_parts import framed

PRINTED = 8
"""Heads a layer; above, a number would not fit into its cell, and stands in the hover only."""

CELL = 34


@dataclass(frozen=True, eq=False)
class HeadNumbers:
    """One number a head.

    Fields:
        values: (L, H).
        limit: where the colour scale ends; it begins at 0.
    """

    values: NDArray[Any]
    limit: float


def head_numbers(tables: Mapping[str, HeadNumbers]) -> go.Figure:
    """Draw each table under its title, row: layer, column: head, the numbers in their cells.

    Raises:
        ValueError: tables of different shapes.
    """
    shapes = {table.values.shape for table in tables.values()}
    if len(shapes) != 1:
        raise ValueError(f"the tables have shapes {sorted(shapes)}; one number a head is needed")
    L, H = shapes.pop()
    columns = len(tables) if H <= PRINTED else 2
    rows = -(-len(tables) // columns)
    figure = make_subplots(rows, columns, subplot_titles=list(tables), horizontal_spacing=0.05)
    for place, (title, table) in enumerate(tables.items()):
        figure.add_trace(_cells(title, table, H), place // columns + 1, place % columns + 1)
    figure.update_xaxes(tickvals=list(range(H)), ticktext=[f"H{h}" for h in range(H)], **_AXIS)
    figure.update_yaxes(
        tickvals=list(range(L)), ticktext=[f"L{l}" for l in range(L)], autorange="reversed", **_AXIS
    )
    figure.update_annotations(font={"size": 12})
    return framed(figure, rows * (CELL * max(L, 2) + 70), top=30)


_AXIS: dict[str, Any] = {"showgrid": False, "zeroline": False, "ticks": "", "fixedrange": True}


def _cells(title: str, table: HeadNumbers, H: int) -> go.Heatmap:
    return go.Heatmap(
        z=table.values,
        name=title,
        colorscale=WEIGHTS_SCALE,
        zmin=0.0,
        zmax=table.limit or 1.0,
        showscale=False,
        xgap=1,
        ygap=1,
        text=[[_short(float(value)) for value in row] for row in table.values],
        texttemplate="%{text}" if H <= PRINTED else None,
        textfont={"size": 11},
        hovertemplate="L%{y:d} H%{x:d}: <b>%{z:.4f}</b><extra></extra>",
    )


def _short(value: float) -> str:
    """Four significant digits, without an exponent if possible.

    >>> _short(0.12346), _short(27.3), _short(1234.5), _short(123456.0)
    ('0.1235', '27.30', '1234', '1.23e+05')
    """
    if not np.isfinite(value):
        return "not a number"
    if abs(value) < 10:
        return f"{value:.4f}"
    return f"{value:#.4g}".rstrip(".") if abs(value) < 1e4 else f"{value:.3g}"
