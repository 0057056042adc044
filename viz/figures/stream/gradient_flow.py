"""How much of the loss's gradient arrives at each state of the residual stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import RUNS
from viz.figures.plot_parts import LEGEND_ABOVE, framed
from viz.text import plotly_text

HEIGHT = 400
LEAST = 1e-30
"""Below, a gradient is drawn as none: it is under what single precision can hold apart."""


@dataclass(frozen=True, eq=False)
class Flow:
    """One pass backwards.

    Fields:
        name: as plain text.
        norms: (2L+1,) by state.
        skip: whether with skip connections; it has the colour.
        trained: whether of the trained model (solid) or of one at its start (dashed).
    """

    name: str
    norms: NDArray[np.floating[Any]]
    skip: bool
    trained: bool


def gradient_flow(flows: Sequence[Flow], states: Sequence[str]) -> go.Figure:
    """Draw the norms on a logarithmic axis, first state to last; what is 0 is not on it.

    Args:
        flows: one line each.
        states: 2L+1 names.

    Raises:
        ValueError: a flow with another number of states.
    """
    figure = go.Figure()
    for flow in flows:
        if len(flow.norms) != len(states):
            raise ValueError(
                f"{len(states)} states need as many norms, got {len(flow.norms)} for {flow.name!r}"
            )
        figure.add_trace(_line(flow))
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(range(len(states))),
        ticktext=[plotly_text(state) for state in states],
        tickangle=-30 if len(states) > 5 else 0,
        range=[-0.3, len(states) - 0.7],
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(
        type="log",
        title="norm of dLoss/dx",
        exponentformat="power",
        dtick=_decades(flows),
        tickfont={"size": 12},
    )
    return framed(
        figure,
        HEIGHT,
        hovermode="x unified",
        hoverlabel={"font": {"family": "monospace"}},
        legend=LEGEND_ABOVE,
        dragmode=False,
    )


def _line(flow: Flow) -> go.Scatter:
    there = np.where(flow.norms > LEAST, flow.norms.astype(np.float64), np.nan)
    color = RUNS[0] if flow.skip else RUNS[2]
    return go.Scatter(
        name=plotly_text(flow.name),
        x=list(range(len(there))),
        y=there,
        mode="lines+markers",
        line={"color": color, "width": 2.2, "dash": "solid" if flow.trained else "dash"},
        marker={
            "size": 7,
            "color": color,
            "symbol": "circle" if flow.trained else "circle-open",
        },
        hovertemplate="%{y:.3e}",
    )


def _decades(flows: Sequence[Flow]) -> int:
    """Powers of ten between two ticks: eight ticks or so, however far the lines fall."""
    norms = np.concatenate([flow.norms for flow in flows]) if flows else np.ones(1)
    there = norms[norms > LEAST]
    if not len(there):
        return 1
    return max(1, int(np.ceil(np.log10(float(there.max()) / float(there.min())) / 8)))
