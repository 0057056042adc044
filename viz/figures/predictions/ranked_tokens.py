"""The likeliest tokens of one distribution, as bars with their shares."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from viz.colors import MASKED
from viz.figures.number_columns import NumberColumns
from viz.figures.plot_parts import framed, name_rows, row_bars
from viz.figures.predictions.probability_rows import SHARE_AXIS
from viz.text import plotly_label
from viz.token_ranking import RankedToken

ROW = 24  # px


def ranked_tokens(tokens: Sequence[RankedToken]) -> go.Figure:
    """Draw tokens, from `viz.token_ranking.ranked`, in falling order."""
    shares, colors = [token.share for token in tokens], [token.color for token in tokens]
    bars = row_bars(shares, colors, 0.62, hovertemplate="%{x:.6f}<extra></extra>")
    numbers = NumberColumns({"share": [token.text for token in tokens]})
    column = numbers.trace("share", range(len(tokens)), hoverinfo="skip")
    figure = go.Figure([bars, column])
    labels = [plotly_label(token.piece) for token in tokens]
    for n in (n for n, token in enumerate(tokens) if token.is_true):
        labels[n] = f"<b>✓ {labels[n]}</b>"
    name_rows(figure, labels, 13)
    figure.update_xaxes(**SHARE_AXIS, gridcolor=f"{MASKED}33")
    figure.update_layout(showlegend=False, dragmode=False)
    height = ROW * len(tokens) + 40
    return framed(figure, height, top=6, bottom=30, **numbers.room)
