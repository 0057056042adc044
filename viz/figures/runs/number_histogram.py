"""How the numbers of one tensor are spread: a histogram, symmetric about 0."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from viz.colors import SHARE
from viz.figures.plot_parts import column_bars, framed
from viz.given import Integers, Numbers

HEIGHT = 250


def number_histogram(edges: Numbers, counts: Integers) -> go.Figure:
    """Draw how many numbers are in each bin.

    Args:
        edges: (n + 1,), of equal width.
        counts: (n,).

    Raises:
        ValueError: not one more edge than counts.
    """
    if len(edges) != len(counts) + 1:
        raise ValueError(f"{len(counts)} bins need one edge more, got {len(edges)}")
    low, high = edges[:-1], edges[1:]
    hover = "%{customdata[0]:.4f} to %{customdata[1]:.4f}<br><b>%{y:,}</b> numbers<extra></extra>"
    bars = column_bars(None, (low + high) / 2, counts.tolist(), SHARE, hover, width=high - low)
    figure = go.Figure(bars.update(customdata=np.stack([low, high], axis=1)))
    figure.update_xaxes(range=[edges[0], edges[-1]], zeroline=True, fixedrange=True, nticks=7)
    figure.update_yaxes(title="numbers", fixedrange=True, rangemode="tozero", nticks=5)
    return framed(figure, HEIGHT, top=8, bargap=0, dragmode=False)
