"""Rows of probabilities: bars from 0 to 1, and columns of numbers at their right."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from viz.figures.number_columns import NumberColumns
from viz.figures.plot_parts import CLEAR, framed

SHARE_AXIS: dict[str, Any] = {
    "range": [0, 1],
    "tickvals": [0, 0.5, 1],
    "tickformat": ".0%",
    "zeroline": False,
    "fixedrange": True,
}
"""From 0 to 100% in every figure, so that they compare."""
HEADS = 38
"""Height of the column heads, in px; one of two words has two lines, so that they stay apart."""


def lay_out(figure: go.Figure, height: int, columns: NumberColumns, own: str) -> go.Figure:
    """Give a figure of such rows its axis, its column heads and its margins.

    Args:
        figure: changed in place; its bars end at 1.
        height: of all rows together, in px.
        columns: of numbers.
        own: the head in the colour of the bars.
    """
    figure.update_xaxes(**SHARE_AXIS, tickangle=0, side="bottom")
    return framed(
        figure,
        28 + HEADS + height,
        left=4,
        top=HEADS,
        bottom=24,
        barmode="overlay",
        showlegend=False,
        plot_bgcolor=CLEAR,
        annotations=columns.heads(own),
        **columns.room,
    )
