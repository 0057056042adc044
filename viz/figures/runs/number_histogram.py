"""How the numbers of one tensor are spread: a histogram, symmetric about 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import SHARE
from viz.figures.plot_parts import framed
from viz.given import Numbers

HEIGHT = 250


def number_histogram(edges: Numbers, counts: NDArray[np.integer[Any]]) -> go.Figure:
    """Draw how many numbers are in each bin.

    Args:
        edges: (n + 1,), of equal width.
        counts: (n,).

    Raises:
        ValueError: not one more edge than counts.
    """
    if len(edges) != len(counts) + 1:
        raise ValueError(f"{len(counts)} bins need one edge more, got {len(edges)}")
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts.tolist(),
            width=np.diff(edges),
            customdata=np.stack([edges[:-1], edges[1:]], axis=1),
            marker={"color": SHARE, "line": {"width": 0}},
            hovertemplate="%{customdata[0]:.4f} to %{customdata[1]:.4f}<br>"
            "<b>%{y:,}</b> numbers<extra></extra>",
        )
    )
    figure.update_xaxes(range=[edges[0], edges[-1]], zeroline=True, fixedrange=True, nticks=7)
    figure.update_yaxes(title="numbers", fixedrange=True, rangemode="tozero", nticks=5)
    return framed(figure, HEIGHT, top=8, bargap=0, dragmode=False)
