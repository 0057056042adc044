"""How long the residual stream's vector is after each branch, and what each branch added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import LEGEND_ABOVE, LINELESS, column_bars, curve, every_nth, framed
from viz.given import Numbers
from viz.text import plotly_text

HEIGHT = 380
ATTENTION, MLP, CROSS = RUNS[0], RUNS[1], RUNS[3]


def stream_norms(
    stream: Numbers,
    attention: Numbers,
    mlp: Numbers,
    states: Sequence[str],
    cross: Numbers | None = None,
) -> go.Figure:
    """Draw the stream as a line over its states, and below it each branch as a bar at its own.

    Args:
        stream: (2L+1,) Euclidean norms; (3L+1,) with cross-attention.
        attention, mlp: (L,) of what each branch gave.
        states: as many names.
        cross: (L,) of what cross-attention gave; None without one.

    Raises:
        ValueError: lengths that do not fit each other.
    """
    branches = [("attention adds", attention, ATTENTION), ("MLP adds", mlp, MLP)]
    if cross is not None:
        branches.insert(1, ("cross-attention adds", cross, CROSS))
    L, K = len(attention), len(branches)
    if not len(mlp) == L or not len(stream) == len(states) == K * L + 1:
        raise ValueError(
            f"{L} layers have {K} × {L} + 1 states, got {len(stream)} norms, {len(states)} names "
            f"and {len(mlp)} MLPs"
        )
    figure = go.Figure()
    for index, (name, values, color) in enumerate(branches, start=1):
        x, hover = K * np.arange(L) + index, f"{name} %{{y:.4f}}<extra></extra>"
        figure.add_trace(column_bars(name, x, values, color, hover, width=0.5))
    figure.add_trace(stream_line(list(range(len(stream))), stream))
    names = every_nth([plotly_text(state) for state in states], len(states))
    figure.update_xaxes(**names, **LINELESS, tickangle=-30 if L > 2 else 0)
    figure.update_yaxes(title="norm of the vector", rangemode="tozero")
    figure.update_layout(barmode="overlay", hovermode="x unified")
    return framed(figure, HEIGHT, legend=LEGEND_ABOVE, dragmode=False)


def stream_line(x: Sequence[int], lengths: Any) -> go.Scatter:
    """The length of the stream's vector at some places, over bars of what was added."""
    hover = "the stream %{y:.4f}<extra></extra>"
    return curve("residual stream", x, lengths, MASKED, width=2.2, size=6, hover=hover)
