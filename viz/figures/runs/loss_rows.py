"""Losses as dots, a row for each way to take them, against levels across all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.colors import RUNS
from viz.figures.plot_parts import BARE_AXIS, add_level, dots, framed, name_rows
from viz.given import Array
from viz.text import plotly_text

ROW, TALL_ROW = 46, 110
"""Heights in px, of a row of dots alone and of one with words at its expected loss."""


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


def loss_scatter(rows: Mapping[str, Array], levels: Mapping[str, float]) -> go.Figure:
    """Draw a row of dots for each name.

    Args:
        rows: name, as plain text, to (N,) losses in nats; the first on top.
        levels: losses in nats by name; dotted lines.
    """
    figure = go.Figure()
    look: dict[str, Any] = {"marker_opacity": 0.5, "hover": "%{x:.4f}", "showlegend": False}
    for row_index, (name, losses) in enumerate(rows.items()):
        x, color = np.asarray(losses, dtype=float), RUNS[row_index % len(RUNS)]
        figure.add_trace(dots(name, x, [row_index] * len(x), color, 10, **look))
    for name, loss in levels.items():
        add_level(figure, loss, plotly_text(name), "top", upright=True)
    name_rows(figure, [plotly_text(name) for name in rows])
    figure.update_xaxes(title="loss (nats)", **BARE_AXIS)
    return framed(figure, len(rows) * ROW + 90, top=34, dragmode=False)


def start_losses(rows: Sequence[Draws], levels: Mapping[str, float]) -> go.Figure:
    """Draw a row of dots for each way, its expected loss as a bar, and levels across all.

    Args:
        rows: the first on top.
        levels: losses in nats by name, ln V, say; dotted lines.
    """
    figure = go.Figure()
    for row_index, row in enumerate(rows):
        _add_draws(figure, row_index, row, RUNS[row_index % len(RUNS)])
    for name, loss in levels.items():
        # The words at a line stand outside of all lines if there is room.
        side = "top left" if loss == min(levels.values()) else "top right"
        add_level(figure, loss, plotly_text(name), side, upright=True)
    name_rows(figure, [plotly_text(row.label) for row in rows], top=-0.6, foot=0.1)
    figure.update_xaxes(title="loss before training (nats)", fixedrange=True, automargin=True)
    return framed(figure, len(rows) * TALL_ROW + 90, top=30, dragmode=False)


def _add_draws(figure: go.Figure, row_index: int, row: Draws, color: str) -> None:
    names = [plotly_text(name) for name in row.names]
    hover = "%{customdata}: %{x:.4f}<extra></extra>"
    draws = dots(row.label, list(row.losses), [row_index] * len(names), color, 11, hover=hover)
    figure.add_trace(draws.update(marker_opacity=0.65, customdata=names))
    hover = "expected: %{x:.4f}<extra></extra>"
    bar = dots("expected", [row.expected], [row_index], color, 44, hover=hover)
    bar.update(marker={"symbol": "line-ns", "line": {"width": 2, "color": color}})
    words = {"text": [f"expected {row.expected:.3f}"], "textposition": "bottom center"}
    figure.add_trace(bar.update(mode="markers+text", textfont_color=color, **words))
    figure.update_traces(showlegend=False)
