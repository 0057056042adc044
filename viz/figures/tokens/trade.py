"""The trade of a tokenizer: the larger its vocabulary, the fewer tokens a text takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import LEGEND_ABOVE, framed
from viz.text import plotly_text

Point = tuple[int, float]
"""(V, tokens per 1,000 characters)."""

SYMBOLS = ("circle", "diamond", "square", "triangle-up")


def trade(learned: Mapping[str, Sequence[Point]], fixed: Mapping[str, Point]) -> go.Figure:
    """Draw tokens per 1,000 characters against V, on a logarithmic axis.

    Args:
        learned: for each kind of tokenizer that is trained at several V, its points; a line each.
        fixed: tokenizers with one V, a named point each.
    """
    figure = go.Figure()
    for place, (name, points) in enumerate(learned.items()):
        figure.add_scatter(
            x=[V for V, _ in sorted(points)],
            y=[tokens for _, tokens in sorted(points)],
            name=plotly_text(name),
            mode="lines+markers",
            line={"color": RUNS[place % len(RUNS)], "width": 2},
            marker={"size": 8, "symbol": SYMBOLS[place % len(SYMBOLS)]},
            hovertemplate="V = %{x:,}: %{y:.1f} tokens",
        )
    _add_fixed(figure, fixed)
    _axes(figure, learned, fixed)
    return figure


def _add_fixed(figure: go.Figure, fixed: Mapping[str, Point]) -> None:
    for name, (V, tokens) in fixed.items():
        figure.add_scatter(
            x=[V],
            y=[tokens],
            name=plotly_text(name),
            mode="markers+text",
            text=[plotly_text(name)],
            textposition="top center",
            marker={"size": 11, "symbol": "x", "color": MASKED},
            hovertemplate="V = %{x:,}: %{y:.1f} tokens",
            showlegend=False,
            cliponaxis=False,
        )


def _axes(
    figure: go.Figure, learned: Mapping[str, Sequence[Point]], fixed: Mapping[str, Point]
) -> None:
    points = [*fixed.values(), *(point for line in learned.values() for point in line)]
    ticks = [2**n for n in range(4, 18)]
    most = max((tokens for _, tokens in points), default=1000.0)
    figure.update_xaxes(
        title="vocabulary size V (logarithmic)",
        type="log",
        tickvals=ticks,
        ticktext=[f"{tick:,}" for tick in ticks],
    )
    figure.update_yaxes(title="tokens per 1,000 characters", range=[0, most * 1.12])
    framed(figure, 430, legend=LEGEND_ABOVE, hovermode="closest")
