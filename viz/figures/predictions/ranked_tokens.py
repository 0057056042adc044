"""The likeliest tokens of one distribution, as bars with their shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED, SHARE, VALUES
from viz.figures.plot_parts import framed, name_rows
from viz.number_texts import percent
from viz.text import plotly_label

ROW = 24  # px
END = 1.28
"""Where the numbers end, right of the bars, which end at 1."""


def ranked_tokens(
    probs: NDArray[np.floating[Any]], pieces: Sequence[str], truth: int | None = None
) -> go.Figure:
    """Draw tokens in falling order.

    Args:
        probs: (K,) shares of the whole, the largest first.
        pieces: K pieces of text; they are escaped, and equal ones stay apart.
        truth: which of them really came next; it is marked.

    Raises:
        ValueError: not one piece for each probability.
    """
    if len(probs) != len(pieces):
        raise ValueError(f"{len(probs)} probabilities need as many pieces, got {len(pieces)}")
    rows = list(range(len(probs)))
    colors = [VALUES if row == truth else SHARE for row in rows]
    figure = go.Figure(
        go.Bar(
            x=probs,
            y=rows,
            orientation="h",
            width=0.62,
            marker={"color": colors, "line": {"width": 0}},
            hovertemplate="%{x:.6f}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=[END] * len(rows),
        y=rows,
        mode="text",
        text=[percent(float(share)).replace("<", "&lt;") for share in probs],
        textposition="middle left",
        textfont={"family": "monospace", "size": 12},
        hoverinfo="skip",
    )
    return _laid_out(figure, [_label(piece, row == truth) for row, piece in enumerate(pieces)])


def _label(piece: str, true: bool) -> str:
    label = plotly_label(piece)
    return f"<b>✓ {label}</b>" if true else label


def _laid_out(figure: go.Figure, labels: list[str]) -> go.Figure:
    name_rows(figure, labels, 13)
    figure.update_xaxes(
        range=[0, END],
        tickvals=[0, 0.5, 1],
        tickformat=".0%",
        gridcolor=f"{MASKED}33",
        zeroline=False,
        fixedrange=True,
    )
    return framed(
        figure, ROW * len(labels) + 40, top=6, bottom=30, showlegend=False, dragmode=False
    )
