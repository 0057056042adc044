"""Why scores are scaled, in three figures: the variance of q · k, the softmax, its gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import KEYS, MASKED, QUERIES, SHARE
from viz.figures.plot_parts import CLEAR, LEGEND_ABOVE, curve, dots, framed
from viz.given import Array

HEIGHT = 330


def variance_against_head_size(head_sizes: Array, unscaled: Array, scaled: Array) -> go.Figure:
    """Draw measured variances as points on the lines that theory gives: D, and 1.

    Args:
        head_sizes: (N,) D.
        unscaled, scaled: (N,) measured variances of q · k, and of q · k / sqrt(D).
    """
    figure = go.Figure()
    for name, theory, measured, color in (
        ("q · k", head_sizes.astype(float), unscaled, KEYS),
        ("q · k / √D", np.ones(len(head_sizes)), scaled, QUERIES),
    ):
        line = curve(f"{name}: theory", head_sizes, theory, color, width=1.4, line_dash="dot")
        figure.add_trace(line.update(showlegend=False, hoverinfo="skip"))
        hover = "D = %{x}: <b>%{y:.4f}</b>, theory %{customdata:,}<extra></extra>"
        points = dots(name, head_sizes, measured, color, 8, hover=hover, customdata=theory)
        figure.add_trace(points)
    ticks = [int(D) for D in head_sizes]
    labels = [f"{tick}" for tick in ticks]
    figure.update_xaxes(title="head size D", type="log", tickvals=ticks, ticktext=labels)
    figure.update_yaxes(title="variance", type="log", tickvals=ticks, ticktext=labels)
    return _laid_out(figure)


def softmax_bars(logits: Sequence[float], rows: Array, factors: Sequence[float]) -> go.Figure:
    """Draw the softmax of some logits and of multiples of them, each bar with its number.

    Args:
        logits: (N,) they are printed along the axis.
        rows: (F, N) the softmax of the logits times each factor.
        factors: (F,)
    """
    figure = go.Figure()
    for row, factor, color in zip(rows, factors, (MASKED, SHARE), strict=True):
        figure.add_bar(
            x=list(range(len(logits))),
            y=row,
            name=f"× {factor:g}",
            marker={"color": color},
            text=[f"{share:.4f}" for share in row],
            textposition="outside",
            textangle=-90,
            textfont={"size": 11},
            constraintext="none",
            cliponaxis=False,
            hovertemplate="%{y:.4f}<extra>× " + f"{factor:g}</extra>",
        )
    labels = [f"{logit:g}".replace("-", "−") for logit in logits]
    figure.update_xaxes(title="logit", tickvals=list(range(len(logits))), ticktext=labels)
    figure.update_yaxes(
        title="share", range=[0, 1.25], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1], tickformat=".1f"
    )
    figure.update_layout(bargap=0.12, bargroupgap=0.06)
    return _laid_out(figure)


def gradient_against_factor(factors: Array, norms: Array, at: float, norm_at: float) -> go.Figure:
    """Draw the size of the softmax's gradient as the logits are multiplied.

    Args:
        factors, norms: (N,) the curve.
        at, norm_at: the chosen factor, which is marked, with its number.
    """
    figure = go.Figure()
    hover = "× %{x:.2f}: <b>%{y:.4f}</b><extra></extra>"
    figure.add_trace(curve("‖diag(p) − p pᵀ‖", factors, norms, SHARE, width=2.2, hover=hover))
    hover = "× %{x:g}: <b>%{y:.4f}</b><extra></extra>"
    chosen = dots(f"× {at:g}", [at], [norm_at], KEYS, 10, hover=hover, text=[f"{norm_at:.4f}"])
    side = "top right" if at < 0.7 * float(factors[-1]) else "top left"
    figure.add_trace(chosen.update(mode="markers+text", textposition=side))
    figure.update_xaxes(title="logits multiplied by", rangemode="tozero")
    figure.update_yaxes(title="size of the gradient", rangemode="tozero")
    return _laid_out(figure)


def _laid_out(figure: go.Figure) -> go.Figure:
    return framed(figure, HEIGHT, top=34, showlegend=True, legend=LEGEND_ABOVE, plot_bgcolor=CLEAR)
