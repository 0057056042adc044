"""Rows of probabilities: bars from 0 to 1, and columns of numbers at their right."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from viz.colors import MASKED, SHARE
from viz.figures.plot_parts import CLEAR, column_head, framed

HEADS = 38
"""Height of the column heads, in px; one of two words has two lines, so that they stay apart."""


def lay_out(figure: go.Figure, height: int, columns: Mapping[str, float], own: str) -> go.Figure:
    """Give a figure of such rows its axis, its column heads and its margins.

    Args:
        figure: changed in place; its bars end at 1.
        height: of all rows together, in px.
        columns: where each column of numbers ends, by its head.
        own: the head in the colour of the bars.
    """
    figure.update_xaxes(
        range=[0, max(columns.values())],  # 0 to 100% in every figure, so that they compare
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        tickformat=".0%",
        tickangle=0,
        zeroline=False,
        side="bottom",
        fixedrange=True,
    )
    return framed(
        figure,
        28 + HEADS + height,
        left=4,
        right=4,
        top=HEADS,
        bottom=24,
        barmode="overlay",
        showlegend=False,
        plot_bgcolor=CLEAR,
        annotations=[
            column_head(name.replace(" ", "<br>"), x, SHARE if name == own else MASKED)
            for name, x in columns.items()
        ],
    )
