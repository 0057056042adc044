"""Matrices with their numbers written in them: the numbers, words beside them, and the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.figures.plot_parts import CLEAR, framed
from viz.given import Array
from viz.text import plotly_text


def cell_numbers(
    name: str,
    values: Array,
    x: Any,
    y: Any,
    texts: Sequence[str],
    *,
    exact: str = ".6g",
    **font: Any,
) -> go.Scatter:
    """The numbers of a matrix, row by row; a hover has its name, plain text, and the exact number.

    Args:
        values: (rows, columns).
        x: (columns,) and y: (rows,) of the cells.
        texts: what is written, a number at a time.
        exact: how the hover prints a number.
        font: of plotly.
    """
    across, down = np.meshgrid(x, y)
    return go.Scatter(
        x=across.ravel(),
        y=down.ravel(),
        mode="text",
        text=list(texts),
        textfont={"size": 12, **font},
        hovertext=[f"{plotly_text(name)}: {value:{exact}}" for value in values.ravel()],
        hoverinfo="text",
    )


def add_note(
    figure: go.Figure, text: str, x: float, y: float, anchor: str = "middle", **font: Any
) -> None:
    """Words at a place; plotly reads them as HTML.

    Args:
        anchor: what of them is at `y`: "top", "middle" or "bottom".
    """
    font = {"size": 12, **font}
    figure.add_annotation(x=x, y=y, yanchor=anchor, text=text, showarrow=False, font=font)


def as_sheet(figure: go.Figure, height: int, x: Sequence[float], y: Sequence[float]) -> go.Figure:
    """The figure without axes, margins and legend; `x` and `y` are the ends of what is in sight."""
    hidden = {"visible": False, "fixedrange": True}
    figure.update_xaxes(hidden, range=x)
    figure.update_yaxes(hidden, range=y)
    figure.update_layout(plot_bgcolor=CLEAR, showlegend=False)
    return framed(figure, height, left=0, right=0, top=0, bottom=0)
