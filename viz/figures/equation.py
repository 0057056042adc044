"""Small matrices in a row, with their numbers in them and signs between: A @ B = C."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from viz.colors import MASKED, SIGNED_SCALE, WEIGHTS_SCALE, Stop, inks
from viz.figures.matrix_parts import add_note, as_sheet, cell_numbers
from viz.given import Array, Numbers
from viz.map_scale import signed_end
from viz.number_texts import plain
from viz.text import plotly_label, plotly_text

Kind = Literal["weights", "signed", "plain"]
FAINT = "rgba(120,126,135,0.14)"

DECIMALS = 2
"""Of the numbers; whole numbers are written without."""

LARGEST = 16
"""Above, the numbers would not fit into the cells."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """One matrix of an equation.

    Fields:
        title: plain text; stands above, with the shape.
        values: (rows, columns), at most 16 each; −inf is drawn as masked.
        kind: "weights" are coloured from 0 to 1, "signed" about 0, "plain" not at all.
        rows: a label for each row; they are escaped.
    """

    title: str
    values: Array
    kind: Kind = "plain"
    rows: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or not 0 < max(self.values.shape) <= LARGEST:
            raise ValueError(
                f"1 to {LARGEST} rows and columns can be read, got {self.values.shape}"
            )


def equation(parts: Sequence[Matrix | str], cell: int = 46) -> go.Figure:
    """Draw matrices and the signs between them from left to right, the first row on top.

    Args:
        parts: matrices, and texts such as "@" or "=" between them.
        cell: pixels that a row is high; narrower where the width asks for it.
    """
    figure = go.Figure()
    height = max(part.values.shape[0] for part in parts if isinstance(part, Matrix))
    left = 0.0
    for part in parts:
        if isinstance(part, str):
            add_note(figure, plotly_text(part), left + 0.5, height / 2, size=18)
            left += 1.2
        else:
            left += _drawn(figure, part, left, height) + 0.2
    figure.update_xaxes(constrain="domain")
    figure.update_yaxes(scaleanchor="x", scaleratio=0.75, constrain="domain")
    return as_sheet(figure, int(cell * (height + 1.4)), [-0.3, left], [height + 0.1, -1.1])


def _drawn(figure: go.Figure, part: Matrix, left: float, height: int) -> float:
    """Add a matrix whose first cell begins at `left`; return its width in cells."""
    rows, columns = part.values.shape
    top = (height - rows) / 2
    labels = 0.8 if part.rows else 0.0
    x = left + labels + np.arange(columns) + 0.5
    y = top + np.arange(rows) + 0.5
    _cells(figure, part, x, y)
    values = part.values.ravel()
    texts = [_number(value) for value in values]
    sizes = [9 if np.isneginf(value) else 12 for value in values]
    font = {"size": sizes, **_ink(part)}
    figure.add_trace(cell_numbers(part.title, part.values, x, y, texts, **font))
    for row, label in enumerate(part.rows):
        add_note(figure, plotly_label(label), left + 0.4, y[row], family="monospace")
    title = f"{plotly_text(part.title)}<br>{rows} × {columns}{_ends(part)}"
    add_note(figure, title, left + labels + columns / 2, top - 0.1, "bottom", size=13)
    return columns + labels


def _cells(figure: go.Figure, part: Matrix, x: Numbers, y: Numbers) -> None:
    """The coloured ground; a faint grey under what is masked."""
    masked = np.isneginf(part.values)
    options = {"x": x, "y": y, "showscale": False, "xgap": 1, "ygap": 1, "hoverinfo": "skip"}
    scale, low, high = _colors(part)
    z = np.where(masked, np.nan, part.values)
    figure.add_heatmap(z=z, colorscale=scale, zmin=low, zmax=high, **options)
    if masked.any():
        flat = [(0.0, FAINT), (1.0, FAINT)]
        figure.add_heatmap(z=np.where(masked, 0.0, np.nan), colorscale=flat, **options)


def _ink(part: Matrix) -> dict[str, Any]:
    """Black or white, whichever is read better on the cell; nothing where the theme decides."""
    if part.kind == "plain":
        return {}
    scale, low, high = _colors(part)
    values = part.values.ravel()
    of_cells = inks(scale, (np.nan_to_num(values, neginf=low) - low) / (high - low))
    masked = np.isneginf(values)
    return {"color": [MASKED if m else ink for m, ink in zip(masked, of_cells, strict=True)]}


def _colors(part: Matrix) -> tuple[list[Stop], float, float]:
    """The colour scale and its two ends."""
    if part.kind == "weights":
        return WEIGHTS_SCALE, 0.0, 1.0
    if part.kind == "plain":
        return [(0.0, FAINT), (1.0, FAINT)], 0.0, 1.0
    end = signed_end(part.values, DECIMALS)
    return SIGNED_SCALE, -end, end


def _ends(part: Matrix) -> str:
    """Where the colours of a signed matrix end, since no bar beside it says so."""
    return f", colours to ±{_colors(part)[2]:.3g}" if part.kind == "signed" else ""


def _number(value: float) -> str:
    if np.isneginf(value):
        return "masked"
    if not np.isfinite(value):
        return "not a number"
    return plain(value, 0 if float(value).is_integer() else DECIMALS)
