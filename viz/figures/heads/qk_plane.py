"""The queries and keys of one head as points of one plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import KEYS, MASKED, QUERIES
from viz.figures.tokens.plane_data import Dots, plane_data
from viz.given import token_counts
from viz.text import plotly_label

Numbers = NDArray[np.floating[Any]]
LABELS = 300
"""Points of a kind that are drawn as their tokens; above, as dots."""


def qk_plane(
    queries: Numbers,
    keys: Numbers,
    tokens: Sequence[str],
    share: Sequence[float],
    key_tokens: Sequence[str] | None = None,
) -> go.Figure:
    """Draw both clouds; in self-attention each token is a query and a key.

    Args:
        queries: (T, 2); keys: (S, 2).
        tokens: T texts; they are escaped.
        share: of the variance, along each of the two axes, 0 to 1.
        key_tokens: S texts; None: the keys are the same tokens as the queries.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    of_keys = tokens if key_tokens is None else key_tokens
    _check(queries, keys, tokens, of_keys)
    figure = go.Figure()
    for name, points, color, symbol, pieces in (
        ("queries", queries, QUERIES, "circle", tokens),
        ("keys", keys, KEYS, "diamond", of_keys),
    ):
        T = len(pieces)
        labels = [plotly_label(piece) for piece in pieces]
        figure.add_scatter(
            x=points[:, 0],
            y=points[:, 1],
            name=name,
            mode="markers+text" if T <= LABELS else "markers",
            text=labels,
            textfont={"family": "monospace", "size": 12, "color": color},
            textposition="middle right",
            marker={"color": color, "symbol": symbol, "size": 5, "opacity": 0.75},
            customdata=list(range(T)),
            hovertemplate=f"{name[:-1] if name == 'keys' else 'query'} %{{customdata}} "
            "%{text}<extra></extra>",
        )
    for axis, name in zip((figure.update_xaxes, figure.update_yaxes), _axes(share), strict=True):
        axis(title=name, zerolinecolor=MASKED)
    return figure.update_layout(
        height=460,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hovermode="closest",
    )


def qk_plane_data(
    queries: Numbers,
    keys: Numbers,
    tokens: Sequence[str],
    share: Sequence[float],
    key_tokens: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The same picture for `viz.views.plane`, with the same arguments and errors."""
    of_keys = tokens if key_tokens is None else key_tokens
    _check(queries, keys, tokens, of_keys)
    clouds = (
        ("queries", "query", queries, QUERIES, tokens),
        ("keys", "key", keys, KEYS, of_keys),
    )
    dots = [
        Dots(
            name,
            points,
            ids=range(len(pieces)),
            texts=pieces,
            notes=[f"{role} {t}" for t in range(len(pieces))],
            colors=color,
            labelled=[len(pieces) <= LABELS] * len(pieces),
            symbol="circle" if name == "queries" else "diamond",
            words=True,
        )
        for name, role, points, color, pieces in clouds
    ]
    return plane_data(dots, _axes(share))


def _check(
    queries: Numbers, keys: Numbers, tokens: Sequence[str], key_tokens: Sequence[str]
) -> None:
    T, S = len(tokens), len(key_tokens)
    if queries.shape == (T, 2) and keys.shape == (S, 2):
        return
    if T == S:
        expected = f"queries and keys must be ({T}, 2) for {T} tokens"
    else:
        expected = f"queries must be ({T}, 2), keys ({S}, 2) for {token_counts(T, S)}"
    raise ValueError(f"{expected}, got {queries.shape}, {keys.shape}")


def _axes(share: Sequence[float]) -> tuple[str, str]:
    first, second = (
        f"component {n}: {part:.0%} of the variance" for n, part in zip((1, 2), share, strict=True)
    )
    return first, second
