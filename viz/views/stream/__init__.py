"""The grid of the residual stream as a Streamlit component: hover, click and arrow keys.

`viz.figures.stream.state_grid` draws the same as a plotly figure, for files and notebooks; plotly
takes more than a second to draw a thousand words in cells, and canvas a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from viz.colors import INVALID, MASKED
from viz.easel.component import component, on_report
from viz.state_shade import StateGrid
from viz.text import visible

LAST = 255
ABSENT, NOT_A_NUMBER = -1, -2

_component = component(__file__, "stream_view", testid="stream")


def stream_view(
    grid: StateGrid,
    *,
    key: str,
    on_choose: Callable[[int, int], None],
    chosen: tuple[int, int] | None = None,
    first: int = 0,
) -> None:
    """Draw a number for each state and position.

    Args:
        chosen: (state, position), outlined.
        first: the position of the first column, as a person counts; `chosen` and `on_choose`
            count columns.
        on_choose: called with the row and the column of a cell that was clicked or gone to,
            before the rerun that follows.
    """
    data = {**grid_data(grid), "chosen": None if chosen is None else list(chosen), "first": first}
    report = on_report(key, "cell", lambda cell: on_choose(*cell))
    _component(key=key, data=data, on_cell_change=report)


def grid_data(grid: StateGrid) -> dict[str, Any]:
    """As plain JSON types: places on a colour scale, and words."""
    cells, following = grid.cells, grid.following
    return {
        "states": list(grid.states),
        "tokens": _seen(grid.tokens),
        "following": None if following is None else _seen(following),
        "levels": levels(grid).ravel().tolist(),
        "cells": None if cells is None else _seen([cell for row in cells for cell in row]),
        "notes": [grid.note(s, t) for s, t in np.ndindex(*grid.values.shape)],
        "scale": [list(stop) for stop in grid.shade.scale],
        "absent": MASKED,
        "invalid": INVALID,
        "rowHeight": grid.row_height,
        "bar": {"title": grid.shade.title, "ticks": [list(tick) for tick in grid.ticks()]},
    }


def levels(grid: StateGrid) -> np.ndarray:
    """(S, T) places on the scale, 0 to 255; −1 for nan (no number there), −2 for infinity."""
    values, shares = grid.values, np.clip(grid.share(grid.values), 0, 1)
    places = np.rint(np.nan_to_num(shares) * LAST).astype(int)
    return np.where(np.isnan(values), ABSENT, np.where(np.isinf(values), NOT_A_NUMBER, places))


def _seen(pieces: Sequence[str]) -> list[str]:
    """The pieces as a person sees them; each distinct piece is looked up once, for most repeat."""
    known = {piece: visible(piece) for piece in set(pieces)}
    return [known[piece] for piece in pieces]
