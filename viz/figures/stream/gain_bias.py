"""A norm's gain and bias for each channel, as learned, beside their first values."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import LINELESS, curve, dots, framed, whole_ticks
from viz.given import Numbers

HEIGHT = 250


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
        x = list(range(len(values)))
        hover = "channel %{x}: <b>%{y:.4f}</b><extra></extra>"
        learned = dots(f"{name} as learned", x, values, color, 5, hover=hover)
        hover = "at the start %{y:g}<extra></extra>"
        before = curve(f"{name} at the start", x, first, MASKED, width=1.5, hover=hover)
        figure.add_trace(learned, 1, column)
        figure.add_trace(before.update(line_dash="dot"), 1, column)
        figure.update_yaxes(row=1, col=column, zeroline=False)
    figure.update_xaxes(title="channel", **LINELESS, **whole_ticks(len(gain)))
    return framed(figure, HEIGHT, top=28, showlegend=False, dragmode=False)
