"""The likeliest tokens of one distribution, as bars with their shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED
from viz.figures.number_columns import NumberColumns
from viz.figures.plot_parts import framed, name_rows
from viz.text import plotly_label
from viz.token_ranking import RankedToken, ranked

ROW = 24  # px


def ranked_tokens(
    probs: NDArray[np.floating[Any]], pieces: Sequence[str], truth: int | None = None
) -> go.Figure:
    """Draw tokens in falling order; see `viz.token_ranking.ranked` for the arguments."""
    tokens = ranked(probs, pieces, truth)
    rows = list(range(len(tokens)))
    figure = go.Figure(
        go.Bar(
            x=[token.share for token in tokens],
            y=rows,
            orientation="h",
            width=0.62,
            marker={"color": [token.color for token in tokens], "line": {"width": 0}},
            hovertemplate="%{x:.6f}<extra></extra>",
        )
    )
    numbers = NumberColumns({"share": [token.text for token in tokens]})
    figure.add_trace(numbers.trace("share", rows, hoverinfo="skip"))
    return _laid_out(figure, [_label(token) for token in tokens], numbers.margin)


def _label(token: RankedToken) -> str:
    label = plotly_label(token.piece)
    return f"<b>✓ {label}</b>" if token.is_true else label


def _laid_out(figure: go.Figure, labels: list[str], right: float) -> go.Figure:
    name_rows(figure, labels, 13)
    figure.update_xaxes(
        range=[0, 1],
        tickvals=[0, 0.5, 1],
        tickformat=".0%",
        gridcolor=f"{MASKED}33",
        zeroline=False,
        fixedrange=True,
    )
    return framed(
        figure,
        ROW * len(labels) + 40,
        right=right,
        top=6,
        bottom=30,
        showlegend=False,
        dragmode=False,
    )
