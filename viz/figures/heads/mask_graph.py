"""A mask as a directed graph: the tokens in a row, an arrow from each key to each query it tells.

Attention is communication between the nodes of a directed graph; the causal mask is one of many.
Arrows run as information does, from a key to the query that sees it. Lecture, 1:11:38.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import INVALID, KEYS, MASKED, QUERIES
from viz.figures.plot_parts import CLEAR, LEGEND_ABOVE, TOKEN_AXIS, curve, dots, every_nth, framed
from viz.given import Bools, Numbers
from viz.text import plotly_label

READABLE = 32
"""Tokens; above, the arrows of all of them together cannot be told apart."""

LABELS = 48
"""At most so many tokens are printed below the row."""

_CURVE = 25
"""Points an arrow's arc is drawn with."""


def mask_graph(mask: Bools, tokens: Sequence[str], chosen: int | None = None) -> go.Figure:
    """Draw who may see whom; a look back bends up, a look ahead bends down, a ring is to itself.

    Args:
        mask: (T, T), True where query i may see key j.
        tokens: T pieces of text; they are escaped.
        chosen: the token whose arrows alone are drawn, both those that reach it, as a query, and
            those that leave it, as a key; None draws every token's.

    Returns:
        A figure with one trace a kind of arrow, one of rings and one of nodes. A node says on hover
        how many keys it sees and how many queries see it.

    Raises:
        ValueError: shapes that do not fit each other, or a token that is not there.
    """
    T = len(tokens)
    if mask.shape != (T, T):
        raise ValueError(f"mask must be ({T}, {T}) for {T} tokens, got {mask.shape}")
    if chosen is not None and not 0 <= chosen < T:
        raise ValueError(f"there is no token {chosen} among {T}")
    figure = go.Figure()
    for name, pairs, color, opacity in _groups(mask, chosen):
        figure.add_trace(_arrows(name, pairs, color, opacity, gap=0.014 * T))
    rings = [int(t) for t in np.flatnonzero(mask.diagonal()) if chosen in (None, t)]
    ring = dots("may see itself", rings, [0] * len(rings), MASKED, 15, hoverinfo="skip")
    figure.add_trace(ring.update(marker={"symbol": "circle-open", "line": {"width": 1.4}}))
    figure.add_trace(_nodes(mask, tokens, chosen))
    # The row's labels stand below the longest look ahead, each under a faint line to its node.
    ahead = int(np.subtract(*np.triu(mask, 1).nonzero()[::-1]).max(initial=0))
    names = every_nth([plotly_label(piece) for piece in tokens], LABELS)
    turned = 0 if max(map(len, tokens)) == 1 else 90
    axis = {**TOKEN_AXIS, "showgrid": True, "gridcolor": "rgba(128,128,128,0.18)"}
    figure.update_xaxes(**axis, **names, tickangle=turned, range=[-1, T])
    figure.update_yaxes(range=[-ahead / 2 - 0.05 * T, T / 2 + 0.02 * T], visible=False)
    return framed(figure, 420, top=30, plot_bgcolor=CLEAR, showlegend=True, legend=LEGEND_ABOVE)


def edges(mask: Bools) -> NDArray[np.intp]:
    """(N, 2): query and key of every arrow, those from a token to itself left out."""
    return np.argwhere(mask & ~np.eye(len(mask), dtype=bool))


def _groups(mask: Bools, chosen: int | None) -> list[tuple[str, NDArray[np.intp], str, float]]:
    """The arrows by what they mean: name, (N, 2), colour, opacity."""
    arrows = edges(mask)
    if chosen is None:
        opacity = float(np.clip(4 / max(len(arrows), 1) ** 0.5, 0.14, 0.9))
        return [("may see", arrows, MASKED, opacity)]
    return [
        ("sees, as a query", arrows[arrows[:, 0] == chosen], QUERIES, 0.9),
        ("is seen, as a key", arrows[arrows[:, 1] == chosen], KEYS, 0.9),
    ]


def _arrows(
    name: str, pairs: NDArray[np.intp], color: str, opacity: float, gap: float
) -> go.Scatter:
    """All arrows as one line with pauses; the last point of each is its head.

    gap: how far from the row an arrow begins and ends, so that its head is not under the node.
    """
    arcs = [_arc(int(query), int(key), gap) for query, key in pairs]
    pause = np.array([[np.nan, np.nan]])
    points = np.concatenate([part for arc in arcs for part in (arc, pause)]) if arcs else pause
    heads = np.zeros(len(points))
    heads[_CURVE - 1 :: _CURVE + 1] = 7
    x, y = points.T
    line = curve(name, x, y, color, width=1.2, size=7, opacity=opacity, hoverinfo="skip")
    arrow = {"symbol": "arrow", "angleref": "previous", "size": heads, "line": {"width": 0}}
    return line.update(marker=arrow, customdata=pairs.tolist())


def _arc(query: int, key: int, gap: float) -> Numbers:
    """Half an ellipse from a key to the query that sees it, above for a look back."""
    turn = np.linspace(np.pi, 0, _CURVE)
    middle, half = (query + key) / 2, (query - key) / 2
    up = 1 if key < query else -1
    heights = up * (gap + (abs(half) - gap) * np.sin(turn))
    return np.stack([middle + half * np.cos(turn), heights], axis=1)


def _nodes(mask: Bools, tokens: Sequence[str], chosen: int | None) -> go.Scatter:
    sees, seen = mask.sum(axis=1), mask.sum(axis=0)
    colors = [INVALID if not n else MASKED for n in sees]
    if chosen is not None and sees[chosen]:
        colors[chosen] = QUERIES
    labels = [plotly_label(piece) for piece in tokens]
    hovers: Any = [[label, int(a), int(b)] for label, a, b in zip(labels, sees, seen, strict=True)]
    hover = (
        "token %{x:d} <b>%{customdata[0]}</b><br>sees %{customdata[1]}, "
        "is seen by %{customdata[2]}<extra></extra>"
    )
    T = len(tokens)
    nodes = dots("tokens", list(range(T)), [0] * T, colors, 8 if T <= 64 else 5, hover=hover)
    return nodes.update(customdata=hovers)
