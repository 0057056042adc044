"""How much of the loss's gradient arrives at each state of the residual stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.colors import RUNS
from viz.figures.plot_parts import LINELESS, UNIFIED, curve, every_nth, framed
from viz.given import Numbers
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
    norms: Numbers
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
        **LINELESS,
        **every_nth([plotly_text(state) for state in states], len(states)),
        tickangle=-30 if len(states) > 5 else 0,
        range=[-0.3, len(states) - 0.7],
    )
    figure.update_yaxes(
        type="log",
        title="norm of dLoss/dx",
        exponentformat="power",
        dtick=_decades(flows),
        tickfont={"size": 12},
    )
    return framed(figure, HEIGHT, **UNIFIED, dragmode=False)


def _line(flow: Flow) -> go.Scatter:
    there = np.where(flow.norms > LEAST, flow.norms.astype(np.float64), np.nan)
    x, color = list(range(len(there))), RUNS[0] if flow.skip else RUNS[2]
    line = curve(flow.name, x, there, color, width=2.2, size=7, hover="%{y:.3e}")
    dash, symbol = ("solid", "circle") if flow.trained else ("dash", "circle-open")
    return line.update(line_dash=dash, marker_symbol=symbol)


def _decades(flows: Sequence[Flow]) -> int:
    """Powers of ten between two ticks: eight ticks or so, however far the lines fall."""
    norms = np.concatenate([flow.norms for flow in flows]) if flows else np.ones(1)
    there = norms[norms > LEAST]
    if not len(there):
        return 1
    return max(1, int(np.ceil(np.log10(float(there.max()) / float(there.min())) / 8)))
