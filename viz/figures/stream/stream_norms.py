"""How long the residual stream's vector is after each branch, and what each branch added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import LEGEND_ABOVE, every_nth, framed
from viz.text import plotly_text

HEIGHT = 380
ATTENTION, MLP = RUNS[0], RUNS[1]

Numbers = NDArray[np.floating[Any]]


def stream_norms(
    stream: Numbers, attention: Numbers, mlp: Numbers, states: Sequence[str]
) -> go.Figure:
    """Draw the stream as a line over its states, and below it each branch as a bar at its own.

    Args:
        stream: (2L+1,) Euclidean norms.
        attention, mlp: (L,) of what each branch gave.
        states: 2L+1 names.

    Raises:
        ValueError: lengths that do not fit each other.
    """
    L = len(attention)
    if not len(mlp) == L or not len(stream) == len(states) == 2 * L + 1:
        raise ValueError(
            f"{L} layers have 2 × {L} + 1 states, got {len(stream)} norms, {len(states)} names "
            f"and {len(mlp)} MLPs"
        )
    places = np.arange(L)
    figure = go.Figure()
    for name, values, at, color in (
        ("attention adds", attention, 2 * places + 1, ATTENTION),
        ("MLP adds", mlp, 2 * places + 2, MLP),
    ):
        figure.add_bar(
            name=name,
            x=at,
            y=values,
            width=0.5,
            marker={"color": color, "line": {"width": 0}},
            hovertemplate=f"{name} %{{y:.4f}}<extra></extra>",
        )
    figure.add_scatter(
        name="residual stream",
        x=list(range(len(stream))),
        y=stream,
        mode="lines+markers",
        line={"color": MASKED, "width": 2.2},
        marker={"size": 6},
        hovertemplate="the stream %{y:.4f}<extra></extra>",
    )
    figure.update_xaxes(
        **every_nth([plotly_text(state) for state in states], len(states)),
        tickangle=-30 if L > 2 else 0,
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(title="norm of the vector", rangemode="tozero")
    return framed(
        figure,
        HEIGHT,
        barmode="overlay",
        hovermode="x unified",
        legend=LEGEND_ABOVE,
        dragmode=False,
    )
