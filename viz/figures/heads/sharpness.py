"""Why scores are scaled, in three figures: the variance of q · k, the softmax, its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import KEYS, MASKED, QUERIES, SHARE
from viz.figures.plot_parts import CLEAR, LEGEND_ABOVE, framed

Numbers = NDArray[Any]
HEIGHT = 330


def variance_against_head_size(
    head_sizes: Numbers, unscaled: Numbers, scaled: Numbers
) -> go.Figure:
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
        line = {"color": color, "width": 1.4, "dash": "dot"}
        unlisted = {"name": f"{name}: theory", "showlegend": False, "hoverinfo": "skip"}
        figure.add_scatter(x=head_sizes, y=theory, mode="lines", line=line, **unlisted)
        figure.add_scatter(
            x=head_sizes,
            y=measured,
            name=name,
            mode="markers",
            marker={"color": color, "size": 8},
            customdata=theory,
            hovertemplate="D = %{x}: <b>%{y:.4f}</b>, theory %{customdata:,}<extra></extra>",
        )
    ticks = [int(D) for D in head_sizes]
    labels = [f"{tick}" for tick in ticks]
    figure.update_xaxes(title="head size D", type="log", tickvals=ticks, ticktext=labels)
    figure.update_yaxes(title="variance", type="log", tickvals=ticks, ticktext=labels)
    return _laid_out(figure)


def softmax_bars(logits: Sequence[float], rows: Numbers, factors: Sequence[float]) -> go.Figure:
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


def gradient_against_factor(
    factors: Numbers, norms: Numbers, at: float, norm_at: float
) -> go.Figure:
    """Draw the size of the softmax's gradient as the logits are multiplied.

    Args:
        factors, norms: (N,) the curve.
        at, norm_at: the chosen factor, which is marked, with its number.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=factors,
        y=norms,
        mode="lines",
        name="‖diag(p) − p pᵀ‖",
        line={"color": SHARE, "width": 2.2},
        hovertemplate="× %{x:.2f}: <b>%{y:.4f}</b><extra></extra>",
    )
    figure.add_scatter(
        x=[at],
        y=[norm_at],
        mode="markers+text",
        name=f"× {at:g}",
        marker={"color": KEYS, "size": 10},
        text=[f"{norm_at:.4f}"],
        textposition="top right" if at < 0.7 * float(factors[-1]) else "top left",
        hovertemplate="× %{x:g}: <b>%{y:.4f}</b><extra></extra>",
    )
    figure.update_xaxes(title="logits multiplied by", rangemode="tozero")
    figure.update_yaxes(title="size of the gradient", rangemode="tozero")
    return _laid_out(figure)


def _laid_out(figure: go.Figure) -> go.Figure:
    return framed(figure, HEIGHT, top=34, showlegend=True, legend=LEGEND_ABOVE, plot_bgcolor=CLEAR)
