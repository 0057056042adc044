"""Mean and deviation of each token's vector, along the prompt, at several stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from viz.colors import MASKED
from viz.figures.plot_parts import LEGEND_ABOVE, every_nth, framed
from viz.figures.stream.spreads import COLORS
from viz.text import plotly_label, plotly_text

HEIGHT = 300
TICKS = 32
Moments = tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]


def token_moments(
    stages: Mapping[str, Moments], tokens: Sequence[str], chosen: int | None = None
) -> go.Figure:
    """Draw the means in the upper half, the deviations in the lower.

    Args:
        stages: name, as plain text, to means (T,) and deviations (T,); the first is grey.
        tokens: T pieces of text; they are escaped.
        chosen: a position that is marked.

    Raises:
        ValueError: not one token for each number.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    for place, (name, both) in enumerate(stages.items()):
        for half, (word, values) in enumerate(zip(("mean", "std"), both, strict=True)):
            if len(values) != len(tokens):
                raise ValueError(f"{len(values)} numbers need as many tokens, got {len(tokens)}")
            figure.add_scatter(
                row=half + 1,
                col=1,
                name=plotly_text(name),
                legendgroup=str(place),
                showlegend=half == 0,
                x=list(range(len(tokens))),
                y=values,
                mode="lines+markers",
                marker={"size": 4},
                line={"width": 1.5, "color": COLORS[place % len(COLORS)]},
                hovertemplate=f"{plotly_text(name)}, position %{{x}}: {word} <b>%{{y:.4f}}</b>"
                "<extra></extra>",
            )
    if chosen is not None:
        figure.add_vline(x=chosen, line={"color": MASKED, "width": 1, "dash": "dot"})
    return _laid_out(figure, tokens)


def _laid_out(figure: go.Figure, tokens: Sequence[str]) -> go.Figure:
    T = len(tokens)
    figure.update_xaxes(showgrid=False, zeroline=False, range=[-0.5, T - 0.5])
    figure.update_xaxes(
        row=2,
        **every_nth([plotly_label(token) for token in tokens], TICKS),
        tickfont={"family": "monospace", "size": 11},
        tickangle=0,
    )
    figure.update_yaxes(title="mean", row=1, zerolinecolor=MASKED)
    figure.update_yaxes(title="std", row=2, rangemode="tozero", zerolinecolor=MASKED)
    return framed(figure, HEIGHT, legend=LEGEND_ABOVE, dragmode=False)
