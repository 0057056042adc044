"""A small matrix, and what each way of normalizing makes of it, with means and deviations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from viz.colors import QUERIES, SIGNED_SCALE, inks
from viz.figures.matrix_parts import add_note, as_sheet, cell_numbers
from viz.figures.plot_parts import rectangle
from viz.given import Numbers
from viz.map_scale import signed_end
from viz.number_texts import plain
from viz.text import plotly_text

Axis = Literal["row", "column"]

LABEL, GAP, BETWEEN = 1.1, 0.25, 0.7
"""In cells: for the names of rows, before the means, and between two matrices."""

DEVIATIONS = 3.0
"""Where the colours of what is normalized end."""

DECIMALS = 2
ROW = 32  # px
MOMENTS = ("mean", "std")


@dataclass(frozen=True)
class Line:
    """One row or column, framed wherever it is."""

    axis: Axis
    at: int


def normalized(
    matrices: Mapping[str, Numbers],
    line: Line | None = None,
    framed: Sequence[str] = (),
    has_raw: bool = True,
) -> go.Figure:
    """Draw matrices of one shape side by side, the first row on top.

    Right of each row stand its mean and deviation (divided by N), below each column its own.

    Args:
        matrices: title, as plain text, to (B, C). The first is coloured to its largest |value|,
            the others from −3 to 3.
        line: what is framed.
        framed: titles of the matrices that have the frame.
        has_raw: whether the first is not normalized; otherwise it is coloured like the others.

    Raises:
        ValueError: shapes that differ.
    """
    shapes = {values.shape for values in matrices.values()}
    if len(shapes) != 1:
        raise ValueError(f"the matrices must have one shape, got {sorted(shapes)}")
    ((B, C),) = shapes
    figure, left = go.Figure(), 0.0
    for index, (title, values) in enumerate(matrices.items()):
        limit = DEVIATIONS if index or not has_raw else signed_end(values, DECIMALS)
        _matrix(figure, title, values, left + LABEL, limit)
        if line is not None and title in framed:
            _frame(figure, line, left + LABEL, B, C)
        left += LABEL + C + GAP + len(MOMENTS) + BETWEEN
    end = B + GAP + len(MOMENTS)
    sheet = as_sheet(figure, int(ROW * (end + 1.6)), [0, left - BETWEEN + 0.05], [end + 0.1, -1.5])
    return sheet.update_layout(dragmode=False)


def _matrix(figure: go.Figure, title: str, values: Numbers, left: float, limit: float) -> None:
    B, C = values.shape
    x, y = left + np.arange(C) + 0.5, np.arange(B) + 0.5
    figure.add_heatmap(
        x=x,
        y=y,
        z=values,
        zmin=-limit,
        zmax=limit,
        colorscale=SIGNED_SCALE,
        showscale=False,
        xgap=1,
        ygap=1,
        hoverinfo="skip",
    )
    shares = (values.ravel() + limit) / (2 * limit)
    _numbers(figure, title, values, x, y, color=inks(SIGNED_SCALE, shares))
    beside = left + C + GAP + np.arange(len(MOMENTS)) + 0.5
    below = B + GAP + np.arange(len(MOMENTS)) + 0.5
    _numbers(figure, f"{title}, row", _moments(values, 1).T, beside, y)
    _numbers(figure, f"{title}, column", _moments(values, 0), x, below)
    _words(figure, MOMENTS, beside, [-0.3] * len(MOMENTS))
    _words(figure, MOMENTS, [left - LABEL / 2] * len(MOMENTS), below, size=11)
    _words(figure, list(map(str, range(B))), [left - LABEL / 4] * B, y)
    _words(figure, list(map(str, range(C))), x, [-0.3] * C)
    _words(figure, [f"<b>{plotly_text(title)}</b>"], [left + C / 2], [-1.0], size=14)


def _moments(values: Numbers, axis: int) -> Numbers:
    """(2, n): means and deviations along an axis."""
    return np.stack([values.mean(axis), values.std(axis)])


def _numbers(figure: go.Figure, name: str, values: Numbers, x: Any, y: Any, **font: Any) -> None:
    texts = [plain(float(value), DECIMALS) for value in values.ravel()]
    numbers = cell_numbers(name, values, x, y, texts, exact=".6f", **font)
    figure.add_trace(numbers.update(name=plotly_text(name)))


def _words(figure: go.Figure, texts: Sequence[str], x: Any, y: Any, size: int = 12) -> None:
    for text, across, down in zip(texts, x, y, strict=True):
        add_note(figure, text, across, down, size=size)


def _frame(figure: go.Figure, line: Line, left: float, B: int, C: int) -> None:
    """Around the line and its mean and deviation."""
    more = GAP + len(MOMENTS)
    across = (0, C + more) if line.axis == "row" else (line.at, line.at + 1)
    down = (line.at, line.at + 1) if line.axis == "row" else (0, B + more)
    sides = (left + across[0], left + across[1])
    figure.add_shape(rectangle(sides, down, line={"width": 2, "color": QUERIES}))
