"""A grid of the residual stream: one row a state, one column a position, a number in each cell.

The stream flows downwards: the embedding is the first row, the last layer's MLP the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.colors import INVALID, MASKED
from viz.figures.cell_text import cell_text
from viz.figures.plot_parts import (
    BARE_AXIS,
    CLEAR,
    colored,
    every_nth,
    flat_cells,
    framed,
    name_rows,
    scale_bar,
)
from viz.given import Array
from viz.state_shade import StateGrid
from viz.text import plotly_label, plotly_text, visible

NAMED = 160
"""Columns whose tokens are printed, at most; above, every nth."""

WIDE = 70
"""Characters that a row has room for in a readable size; up to twice as many in a small one."""


def state_grid(grid: StateGrid) -> go.Figure:
    """Draw a number for each state and position."""
    values, cells = grid.values, grid.cells
    figure = go.Figure(_colored(grid))
    for where, color in ((np.isnan(values), MASKED), (np.isinf(values), INVALID)):
        if where.any():
            figure.add_trace(flat_cells(where, color, opacity=0.35, xgap=0.5, ygap=1))
    if cells is not None and (size := _size(cells)):
        shares = grid.share(values)
        figure.add_traces(cell_text(_escaped(cells), shares, grid.shade.scale, size))
    return _laid_out(figure, grid)


def _colored(grid: StateGrid) -> go.Heatmap:
    shares = grid.share(grid.values)
    places, texts = zip(*grid.ticks(), strict=True)
    z = np.where(np.isfinite(shares), shares, np.nan)
    bar = scale_bar(places, texts, grid.shade.title)
    scale = {"zmin": 0, "zmax": 1, "colorscale": list(grid.shade.scale)}
    hovers = _hovers(grid)
    return colored(z, scale, "%{customdata}", bar=bar, customdata=hovers, xgap=0.5, ygap=1)


def _size(cells: Sequence[Sequence[str]]) -> int:
    """The size of the letters in the cells; 0 if they would not fit."""
    longest = max(len(visible(cell)) for cell in {cell for row in cells for cell in row})
    characters = len(cells[0]) * longest
    return 12 if characters <= WIDE else 9 if characters <= 2 * WIDE else 0


def _escaped(cells: Sequence[Sequence[str]]) -> list[list[str]]:
    """As plotly labels; most cells say what another one says."""
    labels = {cell: plotly_label(cell) for row in cells for cell in row}
    return [[labels[cell] for cell in row] for row in cells]


def _hovers(grid: StateGrid) -> Array:
    """(S, T): what a hover says, as plotly reads it; an array, which it does not check by piece."""
    hovers = np.empty(grid.values.shape, dtype=object)
    (labels,) = _escaped([grid.tokens])
    for s, t in np.ndindex(*hovers.shape):
        head = f"<b>{plotly_text(grid.states[s])}</b>, position {t} {labels[t]}"
        hovers[s, t] = f"{head}<br>{plotly_text(grid.note(s, t))}".replace("\n", "<br>")
    return hovers


def _laid_out(figure: go.Figure, grid: StateGrid) -> go.Figure:
    tokens, T = grid.tokens, len(grid.tokens)
    axis = {
        **BARE_AXIS,
        "tickfont": {"family": "monospace", "size": 11 if T <= 90 else 9},
        "tickangle": 0 if max(map(len, tokens)) < 3 else -60,
        "range": [-0.5, T - 0.5],
    }
    figure.update_layout(xaxis={**axis, **_labels(tokens), "side": "top"})
    if grid.following is not None:
        # Drawn only where something is drawn on it.
        figure.add_scatter(x=[None], y=[None], xaxis="x2", hoverinfo="skip", showlegend=False)
        below = {"overlaying": "x", "side": "bottom", "title": "true next token"}
        figure.update_layout(xaxis2={**axis, **below, **_labels(grid.following)})
    name_rows(figure, [plotly_text(state) for state in grid.states])
    height = grid.row_height * len(grid.states) + 110
    figure.update_layout(showlegend=False, dragmode=False)
    return framed(figure, height, top=40, bottom=50, plot_bgcolor=CLEAR)


def _labels(tokens: Sequence[str]) -> dict[str, Any]:
    return every_nth(_escaped([tokens])[0], NAMED)
