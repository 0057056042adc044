"""The trade of a tokenizer: the larger its vocabulary, the fewer tokens a text takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import LEGEND_ABOVE, curve, dots, framed
from viz.text import plotly_text

Point = tuple[int, float]
"""(V, tokens per 1,000 characters)."""

HOVER = "V = %{x:,}: %{y:.1f} tokens"
SYMBOLS = ("circle", "diamond", "square", "triangle-up")


def trade(learned: Mapping[str, Sequence[Point]], fixed: Mapping[str, Point]) -> go.Figure:
    """Draw tokens per 1,000 characters against V, on a logarithmic axis.

    Args:
        learned: for each kind of tokenizer that is trained at several V, its points; a line each.
        fixed: tokenizers with one V, a named point each.
    """
    figure = go.Figure()
    for index, (name, points) in enumerate(learned.items()):
        x, y = zip(*sorted(points), strict=True) if points else ((), ())
        line = curve(name, x, y, RUNS[index % len(RUNS)], size=8, hover=HOVER)
        figure.add_trace(line.update(marker_symbol=SYMBOLS[index % len(SYMBOLS)]))
    for name, (V, tokens) in fixed.items():
        point = dots(name, [V], [tokens], MASKED, 11, hover=HOVER, cliponaxis=False)
        point.update(mode="markers+text", text=[plotly_text(name)], textposition="top center")
        figure.add_trace(point.update(marker_symbol="x", showlegend=False))
    ticks = {f"{2**n:,}": 2**n for n in range(4, 18)}
    labels = {"ticktext": list(ticks), "tickvals": list(ticks.values())}
    figure.update_xaxes(title="vocabulary size V (logarithmic)", type="log", **labels)
    points = [*fixed.values(), *(point for line in learned.values() for point in line)]
    most = max((tokens for _, tokens in points), default=1000.0)
    figure.update_yaxes(title="tokens per 1,000 characters", range=[0, most * 1.12])
    return framed(figure, 430, legend=LEGEND_ABOVE, hovermode="closest")
