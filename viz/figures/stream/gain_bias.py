"""A norm's gain and bias for each channel, as learned, beside their first values."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import framed, whole_ticks

HEIGHT = 250
Numbers = NDArray[np.floating[Any]]


def gain_bias(
    gain: Numbers, first_gain: Numbers, bias: Numbers | None, first_bias: Numbers | None
) -> go.Figure:
    """Draw γ on the left and β, if there is one, on the right; their first values are dotted.

    Args:
        gain, first_gain: (C,).
        bias, first_bias: (C,), or None for a norm without one.

    Raises:
        ValueError: lengths that differ.
    """
    pairs = [("γ (gain)", gain, first_gain, RUNS[1])]
    if bias is not None and first_bias is not None:
        pairs.append(("β (bias)", bias, first_bias, RUNS[3]))
    names = [name for name, *_ in pairs]  # above: at the side they lie on the other's points
    figure = make_subplots(rows=1, cols=len(pairs), horizontal_spacing=0.16, subplot_titles=names)
    figure.update_annotations(font_size=13)
    for column, (name, values, first, color) in enumerate(pairs, start=1):
        if len(values) != len(first):
            raise ValueError(f"{len(values)} channels began as {len(first)}")
        channels = list(range(len(values)))
        where = {"row": 1, "col": column, "x": channels}
        figure.add_scatter(
            **where,
            name=f"{name} as learned",
            y=values,
            mode="markers",
            marker={"size": 5, "color": color},
            hovertemplate="channel %{x}: <b>%{y:.4f}</b><extra></extra>",
        )
        figure.add_scatter(
            **where,
            name=f"{name} at the start",
            y=first,
            mode="lines",
            line={"color": MASKED, "width": 1.5, "dash": "dot"},
            hovertemplate="at the start %{y:g}<extra></extra>",
        )
        figure.update_yaxes(row=1, col=column, zeroline=False)
    figure.update_xaxes(title="channel", showgrid=False, zeroline=False, **whole_ticks(len(gain)))
    return framed(figure, HEIGHT, top=28, showlegend=False, dragmode=False)
