"""Named lines over one axis: losses by step or by length of context, cosines by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import LINELESS, UNIFIED, add_level, curve, framed, whole_ticks
from viz.given import Array
from viz.text import plotly_label, plotly_text

HEIGHT = 340
SIDES = ("top right", "bottom right")


def named_lines(
    lines: Mapping[str, Array],
    *,
    x: Sequence[float],
    across: str,
    up: str,
    errors: Mapping[str, Array] | None = None,
    levels: Mapping[str, float] | None = None,
    names: Sequence[str] | None = None,
) -> go.Figure:
    """Draw lines over each other; a hover reads all of them at one place.

    Args:
        lines: name, as plain text, to (N,).
        x: (N,) the places.
        across, up: what the axes are, as plain text.
        errors: by name, (N,) the half width of a band around the line.
        levels: heights by name; dotted lines. Of two, the lower one has its name below it.
        names: (N,) in place of the places' numbers, along the axis; they are escaped.
    """
    figure = go.Figure()
    for number, (name, line) in enumerate(lines.items()):
        color = RUNS[number % len(RUNS)]
        if errors is not None and name in errors:
            figure.add_trace(_band(x, line, errors[name], color))
        y = np.asarray(line, dtype=float)
        figure.add_trace(curve(name, list(x), y, color, size=6 if len(x) <= 40 else 0))
    for number, (level_name, height) in enumerate(
        sorted((levels or {}).items(), key=lambda level: -level[1])
    ):
        add_level(figure, height, plotly_text(level_name), SIDES[number % 2])
    figure.update_xaxes(title=plotly_text(across), **LINELESS)
    if len(x) and all(float(value).is_integer() for value in x):
        figure.update_xaxes(**whole_ticks(max(x)))
    if names is not None:
        figure.update_xaxes(tickvals=list(x), ticktext=[plotly_label(name) for name in names])
    figure.update_yaxes(title=plotly_text(up), zerolinecolor=MASKED)
    options = {"showlegend": len(lines) > 1, "dragmode": False}
    return framed(figure, HEIGHT, top=30, **UNIFIED, **options)


def _band(x: Sequence[float], line: Array, error: Array, color: str) -> go.Scatter:
    """The band of line ± error; it has no hover of its own."""
    around = np.concatenate([line + error, (line - error)[::-1]])
    return go.Scatter(
        x=[*x, *reversed(x)],
        y=around,
        fill="toself",
        fillcolor=color,
        opacity=0.18,
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
