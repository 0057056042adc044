"""Losses before training: a dot for each draw of the first weights, against what was expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import framed
from viz.text import plotly_text

ROW = 110  # px


@dataclass(frozen=True)
class Draws:
    """One way to draw the first weights.

    Fields:
        label: plain text.
        losses: one a draw, in nats.
        expected: their mean in theory.
        names: of the draws, as plain text.
    """

    label: str
    losses: Sequence[float]
    expected: float
    names: Sequence[str]


def start_losses(rows: Sequence[Draws], levels: Mapping[str, float]) -> go.Figure:
    """Draw a row of dots for each way, its expected loss as a bar, and levels across all.

    Args:
        rows: the first on top.
        levels: losses in nats by name, ln V, say; dotted lines.
    """
    figure = go.Figure()
    for place, row in enumerate(rows):
        _add_row(figure, place, row, RUNS[place % len(RUNS)])
    for side, (name, loss) in zip(_sides(levels), levels.items(), strict=True):
        figure.add_vline(
            x=loss,
            line={"color": MASKED, "width": 1.2, "dash": "dot"},
            annotation={"text": plotly_text(name), "font": {"color": MASKED}},
            annotation_position=f"top {side}",
        )
    return _laid_out(figure, rows)


def _add_row(figure: go.Figure, place: int, row: Draws, color: str) -> None:
    figure.add_scatter(
        x=list(row.losses),
        y=[place] * len(row.losses),
        name=plotly_text(row.label),
        mode="markers",
        marker={"size": 11, "color": color, "opacity": 0.65},
        customdata=[plotly_text(name) for name in row.names],
        hovertemplate="%{customdata}: %{x:.4f}<extra></extra>",
        showlegend=False,
    )
    figure.add_scatter(
        x=[row.expected],
        y=[place],
        name="expected",
        mode="markers+text",
        marker={"size": 44, "symbol": "line-ns", "line": {"width": 2, "color": color}},
        text=[f"expected {row.expected:.3f}"],
        textposition="bottom center",
        textfont={"color": color},
        hovertemplate="expected: %{x:.4f}<extra></extra>",
        showlegend=False,
    )


def _sides(levels: Mapping[str, float]) -> list[str]:
    """Put the words at a line outside of all lines if there is room."""
    return ["left" if loss == min(levels.values()) else "right" for loss in levels.values()]


def _laid_out(figure: go.Figure, rows: Sequence[Draws]) -> go.Figure:
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[plotly_text(row.label) for row in rows],
        range=[len(rows) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_xaxes(title="loss before training (nats)", fixedrange=True, automargin=True)
    return framed(figure, len(rows) * ROW + 90, top=30, dragmode=False)
