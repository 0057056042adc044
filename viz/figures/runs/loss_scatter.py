"""Losses as dots, a row for each way to take them, against levels across all rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import framed, name_rows
from viz.text import plotly_text

ROW = 46  # px


def loss_scatter(rows: Mapping[str, NDArray[Any]], levels: Mapping[str, float]) -> go.Figure:
    """Draw a row of dots for each name.

    Args:
        rows: name, as plain text, to (N,) losses in nats; the first on top.
        levels: losses in nats by name; dotted lines.
    """
    figure = go.Figure()
    for place, (name, losses) in enumerate(rows.items()):
        figure.add_scatter(
            x=np.asarray(losses, dtype=float),
            y=[place] * len(losses),
            name=plotly_text(name),
            mode="markers",
            marker={"size": 10, "color": RUNS[place % len(RUNS)], "opacity": 0.5},
            hovertemplate="%{x:.4f}",
            showlegend=False,
        )
    for name, loss in levels.items():
        figure.add_vline(
            x=loss,
            line={"color": MASKED, "width": 1.2, "dash": "dot"},
            annotation={"text": plotly_text(name), "font": {"color": MASKED}},
            annotation_position="top",
        )
    name_rows(figure, [plotly_text(name) for name in rows])
    figure.update_xaxes(title="loss (nats)", fixedrange=True, showgrid=False, zeroline=False)
    return framed(figure, len(rows) * ROW + 90, top=34, dragmode=False)
