"""How a text is split: one bar, the part that is learned from and the part that is kept back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from viz.colors import RUNS
from viz.figures.plot_parts import framed
from viz.text import plotly_label, plotly_text


@dataclass(frozen=True)
class Side:
    """One side of a split.

    Fields:
        name: of the side.
        share: of the whole, 0 to 1.
        amount: how much it is, in words.
        start: how it begins.
    """

    name: str
    share: float
    amount: str
    start: str


def split_bar(sides: Sequence[Side]) -> go.Figure:
    """Draw the sides as one bar, each as wide as its share.

    The last one's words stand below and end at its end, so that a narrow window has room for both.
    """
    figure = go.Figure()
    left = 0.0
    for index, side in enumerate(sides):
        figure.add_bar(
            orientation="h",
            y=[0],
            x=[side.share],
            base=[left],
            marker={"color": RUNS[index % len(RUNS)], "opacity": 0.55},
            hovertemplate=f"begins “{plotly_label(side.start)}”<extra></extra>",
        )
        last = index > 0 and index == len(sides) - 1
        figure.add_annotation(
            x=left + side.share if last else left,
            y=-0.5 if last else 0.5,
            xanchor="right" if last else "left",
            yanchor="top" if last else "bottom",
            align="right" if last else "left",
            showarrow=False,
            text=f"<b>{plotly_text(side.name)}</b> {plotly_text(side.amount)}",
        )
        left += side.share
    figure.update_xaxes(visible=False, range=[0, 1], fixedrange=True)
    figure.update_yaxes(visible=False, range=[-1.6, 1.6], fixedrange=True)
    return framed(
        figure, 86, left=0, right=0, top=0, bottom=0, bargap=0, barmode="overlay", showlegend=False
    )
