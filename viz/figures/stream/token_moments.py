"""Mean and deviation of each token's vector, along the prompt, at several stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from viz.colors import MASKED
from viz.figures.plot_parts import LEGEND_ABOVE, LINELESS, MONOSPACED, curve, framed, token_ticks
from viz.figures.stream.vector_lines import COLORS
from viz.given import Numbers
from viz.text import plotly_label, plotly_text

HEIGHT = 300
Moments = tuple[Numbers, Numbers]


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
    for index, (name, both) in enumerate(stages.items()):
        for half, (word, values) in enumerate(zip(("mean", "std"), both, strict=True)):
            if len(values) != len(tokens):
                raise ValueError(f"{len(values)} numbers need as many tokens, got {len(tokens)}")
            x, color = list(range(len(tokens))), COLORS[index % len(COLORS)]
            at = f"{plotly_text(name)}, position %{{x}}"
            hover = f"{at}: {word} <b>%{{y:.4f}}</b><extra></extra>"
            line = curve(name, x, values, color, width=1.5, size=4, hover=hover)
            line.update(legendgroup=str(index), showlegend=half == 0)
            figure.add_trace(line, half + 1, 1)
    if chosen is not None:
        figure.add_vline(x=chosen, line={"color": MASKED, "width": 1, "dash": "dot"})
    figure.update_xaxes(**LINELESS, range=[-0.5, len(tokens) - 0.5])
    names = token_ticks(tokens, [plotly_label(token) for token in tokens])
    figure.update_xaxes(row=2, **names, tickfont=MONOSPACED)
    figure.update_yaxes(title="mean", row=1, zerolinecolor=MASKED)
    figure.update_yaxes(title="std", row=2, rangemode="tozero", zerolinecolor=MASKED)
    return framed(figure, HEIGHT, legend=LEGEND_ABOVE, dragmode=False)
