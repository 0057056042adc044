"""A table of V × V: how likely each token is after each other one, 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.figures.plot_parts import colored, every_nth, framed, scale_bar, square_axes
from viz.given import Array
from viz.map_scale import map_scale
from viz.text import plotly_label, plotly_text


def pair_table(probs: Array, tokens: Sequence[str], title: str) -> go.Figure:
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
    pairs = np.array([[f"{a}</b> then <b>{b}" for b in labels] for a in labels])
    hover, bar = "<b>%{customdata}</b>: %{z:.4f}", scale_bar([0, 0.25, 1], ["0", "0.25", "1"])
    scale, z = map_scale(probs, "weights"), probs.astype(np.float32)
    figure = go.Figure(colored(z, scale, hover, bar={**bar, "len": 0.6}, customdata=pairs))
    axis = {**every_nth(labels), "tickfont": {"family": "monospace", "size": 8}}
    this = {**axis, "title": "this token", "tickangle": 0}
    square_axes(figure, {**axis, "title": "next token"}, this, (V, V))
    return framed(figure, 480, top=40, title=plotly_text(title), dragmode=False)
