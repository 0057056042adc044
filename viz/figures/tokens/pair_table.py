"""A table of V × V: how likely each token is after each other one, 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import WEIGHTS_SCALE
from viz.figures.plot_parts import every_nth, framed, scale_bar
from viz.text import plotly_label, plotly_text

TICKS = 32
"""At most so many tokens are printed along an axis."""


def pair_table(probs: NDArray[Any], tokens: Sequence[str], title: str) -> go.Figure:
    """Draw the probability of the next token (column) after each token (row, the first on top).

    Args:
        probs: (V, V); a row of nan is of a token that was never seen.
        tokens: V pieces of text; they are escaped.
        title: plain text.

    Raises:
        ValueError: a table of another shape.
    """
    V = len(tokens)
    if probs.shape != (V, V):
        raise ValueError(f"{V} tokens need a table of {(V, V)}, got {probs.shape}")
    labels = [plotly_label(token) for token in tokens]
    figure = go.Figure(
        go.Heatmap(
            z=probs.astype(np.float32),
            colorscale=WEIGHTS_SCALE,
            zmin=0,
            zmax=1,
            customdata=np.array([[f"{a}</b> then <b>{b}" for b in labels] for a in labels]),
            hovertemplate="<b>%{customdata}</b>: %{z:.4f}<extra></extra>",
            hoverongaps=False,
            colorbar=scale_bar([0, 0.25, 1], ["0", "0.25", "1"], len=0.6),
        )
    )
    axis: dict[str, Any] = {
        **every_nth(labels, TICKS),
        "tickfont": {"family": "monospace", "size": 8},
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "constrain": "domain",
        "tickangle": 0,
    }
    figure.update_xaxes(**axis, title="next token")
    figure.update_yaxes(**axis, title="this token", scaleanchor="x", range=[V - 0.5, -0.5])
    return framed(figure, 480, top=40, title=plotly_text(title), dragmode=False)
