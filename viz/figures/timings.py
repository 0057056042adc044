"""Seconds against length, several ways over each other, on logarithmic axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from viz.colors import RUNS
from viz.figures.plot_parts import curve, framed


def timings(lengths: Sequence[int], seconds: Mapping[str, Sequence[float]]) -> go.Figure:
    """Draw how long each way took.

    Args:
        lengths: T of each point.
        seconds: for each way, one median for each T, in seconds.
    """
    figure = go.Figure()
    for n, (name, times) in enumerate(seconds.items()):
        milliseconds = [second * 1e3 for second in times]
        hover = "T = %{x}: %{y:.3f} ms"
        color = RUNS[n % len(RUNS)]
        figure.add_trace(curve(name, list(lengths), milliseconds, color, size=6, hover=hover))
    figure.update_xaxes(title="T (tokens)", type="log", tickvals=list(lengths))
    figure.update_yaxes(title="milliseconds", type="log", dtick=1)
    return framed(figure, 360)
