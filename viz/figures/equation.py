"""Small matrices in a row, with their numbers in them and signs between: A @ B = C."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED, SIGNED_SCALE, WEIGHTS_SCALE, Stop, lightness
from viz.figures.plot_parts import CLEAR, framed
from viz.map_scale import signed_end
from viz.text import plotly_label, plotly_text

Numbers = NDArray[np.floating[Any]]
Kind = Literal["weights", "signed", "plain"]
FAINT = "rgba(120,126,135,0.14)"

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
    values: NDArray[Any]
    kind: Kind = "plain"
    rows: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or not 0 < max(self.values.shape) <= LARGEST:
            raise ValueError(
                f"1 to {LARGEST} rows and columns can be read, got {self.values.shape}"
            )


def equation(parts: Sequence[Matrix | str], decimals: int = 2, cell: int = 46) -> go.Figure:
    """Draw matrices and the signs between them from left to right, the first row on top.

    Args:
        parts: matrices, and texts such as "@" or "=" between them.
        decimals: of the numbers; whole numbers are written without.
        cell: pixels that a row is high; narrower where the width asks for it.
    """
    figure = go.Figure()
    height = max(part.values.shape[0] for part in parts if isinstance(part, Matrix))
    left = 0.0
    for part in parts:
        if isinstance(part, str):
            _sign(figure, part, left + 0.5, height)
            left += 1.2
        else:
            left += _drawn(figure, part, left, height, decimals) + 0.2
    return _laid_out(figure, left, height, cell)


def _drawn(figure: go.Figure, part: Matrix, left: float, height: int, decimals: int) -> float:
    """Add a matrix whose first cell begins at `left`; return its width in cells."""
    rows, columns = part.values.shape
    top = (height - rows) / 2
    labels = 0.8 if part.rows else 0.0
    x = left + labels + np.arange(columns) + 0.5
    y = top + np.arange(rows) + 0.5
    _cells(figure, part, x, y, decimals)
    _numbers(figure, part, x, y, decimals)
    for row, label in enumerate(part.rows):
        _note(figure, plotly_label(label), left + 0.4, y[row], family="monospace")
    title = f"{plotly_text(part.title)}<br>{rows} × {columns}{_ends(part, decimals)}"
    _note(figure, title, left + labels + columns / 2, top - 0.55, size=13)
    return columns + labels


def _cells(figure: go.Figure, part: Matrix, x: Numbers, y: Numbers, decimals: int) -> None:
    """The coloured ground; a faint grey under what is masked."""
    masked = np.isneginf(part.values)
    place = {"x": x, "y": y, "showscale": False, "xgap": 1, "ygap": 1, "hoverinfo": "skip"}
    scale, low, high = _colors(part, decimals)
    z = np.where(masked, np.nan, part.values)
    figure.add_heatmap(z=z, colorscale=scale, zmin=low, zmax=high, **place)
    if masked.any():
        flat = [(0.0, FAINT), (1.0, FAINT)]
        figure.add_heatmap(z=np.where(masked, 0.0, np.nan), colorscale=flat, **place)


def _numbers(figure: go.Figure, part: Matrix, x: Numbers, y: Numbers, decimals: int) -> None:
    across, down = np.meshgrid(x, y)
    values = part.values.ravel()
    figure.add_scatter(
        x=across.ravel(),
        y=down.ravel(),
        mode="text",
        text=[_number(value, decimals) for value in values],
        textfont={"size": [9 if np.isneginf(v) else 12 for v in values], **_ink(part, decimals)},
        hovertext=[f"{plotly_text(part.title)}: {value:.6g}" for value in values],
        hoverinfo="text",
    )


def _ink(part: Matrix, decimals: int) -> dict[str, Any]:
    """Black or white, whichever is read better on the cell; nothing where the theme decides."""
    if part.kind == "plain":
        return {}
    scale, low, high = _colors(part, decimals)
    shares = np.clip((np.nan_to_num(part.values, neginf=low) - low) / (high - low), 0, 1)
    light = lightness(scale, shares.ravel())
    inks = ["#000000" if each > 0.5 else "#ffffff" for each in light]
    masked = np.isneginf(part.values).ravel()
    return {"color": [MASKED if m else ink for m, ink in zip(masked, inks, strict=True)]}


def _colors(part: Matrix, decimals: int) -> tuple[list[Stop], float, float]:
    """The colour scale and its two ends."""
    if part.kind == "weights":
        return WEIGHTS_SCALE, 0.0, 1.0
    if part.kind == "plain":
        return [(0.0, FAINT), (1.0, FAINT)], 0.0, 1.0
    end = signed_end(part.values, decimals)
    return SIGNED_SCALE, -end, end


def _ends(part: Matrix, decimals: int) -> str:
    """Where the colours of a signed matrix end, since no bar beside it says so."""
    return f", colours to ±{_colors(part, decimals)[2]:.3g}" if part.kind == "signed" else ""


def _number(value: float, decimals: int) -> str:
    if np.isneginf(value):
        return "masked"
    if not np.isfinite(value):
        return "not a number"
    text = f"{value:.0f}" if float(value).is_integer() else f"{value:.{decimals}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def _sign(figure: go.Figure, text: str, x: float, height: int) -> None:
    _note(figure, plotly_text(text), x, height / 2, size=18)


def _note(
    figure: go.Figure,
    text: str,
    x: float,
    y: float,
    size: int = 12,
    family: str | None = None,
) -> None:
    font = {"size": size, "family": family}
    figure.add_annotation(x=x, y=y, text=text, showarrow=False, font=font)


def _laid_out(figure: go.Figure, width: float, height: int, cell: int) -> go.Figure:
    hidden = {"visible": False, "fixedrange": True}
    figure.update_xaxes(**hidden, range=[-0.3, width], constrain="domain")
    figure.update_yaxes(
        **hidden, range=[height + 0.1, -1.1], scaleanchor="x", scaleratio=0.75, constrain="domain"
    )
    return framed(
        figure,
        int(cell * (height + 1.4)),
        left=0,
        right=0,
        top=0,
        bottom=0,
        plot_bgcolor=CLEAR,
        showlegend=False,
    )
