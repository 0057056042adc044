"""The probability that the right next token got, along the prompt, for several ways of running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import KEYS, MASKED, QUERIES
from viz.figures.plot_parts import (
    LEGEND_ABOVE,
    LINELESS,
    MONOSPACED,
    curve,
    every_nth,
    framed,
    rectangle,
)
from viz.given import Array, Bools
from viz.text import plotly_label

LABELS = 64
COLORS = (QUERIES, KEYS)


def next_probs(series: Mapping[str, Array], tokens: Sequence[str], marked: Bools) -> go.Figure:
    """Draw a line a way of running, over the tokens that were to be predicted.

    Args:
        series: (T - 1,) by name, at most two; entry t is the probability of token t + 1.
        tokens: T pieces of text; they are escaped.
        marked: (T - 1,) predictions shaded as ones that could be copied.

    Raises:
        ValueError: lengths that do not fit.
    """
    T = len(tokens)
    if any(len(part) != T - 1 for part in (*series.values(), marked)):
        raise ValueError(f"{T} tokens make {T - 1} predictions")
    labels = [plotly_label(piece) for piece in tokens]
    figure = go.Figure()
    for (name, probs), color in zip(series.items(), COLORS, strict=False):
        hover = "token %{x:d} <b>%{customdata}</b>: %{y:.4f}<extra>" + name + "</extra>"
        line = curve(name, list(range(1, T)), probs, color, width=1.6, size=5, hover=hover)
        figure.add_trace(line.update(customdata=labels[1:]))
    figure.update_xaxes(
        **every_nth(labels, LABELS),
        **LINELESS,
        tickfont=MONOSPACED,
        tickangle=0 if max(map(len, tokens)) == 1 else 90,
        range=[0, T],
    )
    figure.update_yaxes(title="probability of this token", range=[0, 1.03], zeroline=False)
    look = {"yref": "y domain", "fillcolor": MASKED, "opacity": 0.15, "line": {"width": 0}}
    # Plotly gets them all at once: it looks through all at each that is added.
    shades = [rectangle((a + 0.5, b + 0.5), (0, 1), **look) for a, b in _runs(marked)]
    return framed(figure, 320, top=34, shapes=shades, legend=LEGEND_ABOVE, showlegend=True)


def _runs(marked: Bools) -> list[tuple[int, int]]:
    """The stretches of marked entries, as (first, one past the last).

    >>> _runs(np.array([False, True, True, False, True]))
    [(1, 3), (4, 5)]
    """
    edges = np.flatnonzero(np.diff([False, *marked.tolist(), False]))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
