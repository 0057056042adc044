"""Every head's map of T queries and S keys in one figure: a row of maps for each layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.figures.named_map import NAMED_AXIS, Cells, named_map
from viz.figures.plot_parts import CLEAR, framed
from viz.given import Array, Bools, map_of_bools, real_numbers, token_counts
from viz.map_scale import Kind, map_scale
from viz.text import plotly_label, plotly_text

LARGEST = 4_000_000
"""Cells in one figure, at most: above, it would be tens of megabytes that no browser draws."""

SIDE = 850
"""Width and height of all maps together, in px, at most."""

LEFT, RIGHT, TOP, BOTTOM = 40, 70, 40, 10  # px around the maps


def head_grid(
    weights: Array,
    tokens: Sequence[str],
    *,
    key_tokens: Sequence[str] | None = None,
    visible: Bools | None = None,
    kind: Kind = "weights",
    title: str = "",
    limit: float | None = None,
) -> go.Figure:
    """Draw the maps of all heads: layers downwards, heads to the right, the first query on top.

    All maps are tiles of one picture with one colour scale: 144 subplots would take the browser
    seconds, the tiles take it no longer than one big map.

    Args:
        weights: (L, H, T, S); −inf counts as masked.
        tokens: T pieces of text; they are escaped.
        key_tokens: S pieces of text; None: the keys are the same tokens as the queries.
        visible: (T, S), True where query i may see key j; None: everywhere.
        kind: "weights", always coloured from 0 to 1, or "signed", from −limit to limit.
        title: plain text.
        limit: end of the signed scale; None: the largest |value| shown in any head.

    Raises:
        ValueError: shapes that do not fit each other, or more than `LARGEST` cells.
    """
    values = real_numbers("weights", weights).astype(np.float32)
    of_keys = tokens if key_tokens is None else key_tokens
    _check(values, len(tokens), len(of_keys))
    visible = map_of_bools("visible", visible, (len(tokens), len(of_keys)))
    cells = Cells.of(values, visible)
    scale = map_scale(cells.numbers, kind, limit)
    rows, columns = ([plotly_label(piece) for piece in pieces] for pieces in (tokens, of_keys))
    L, H, _, _ = values.shape
    # A tile knows neither masked nor invalid in the gaps around it.
    picture = Cells(tiled(values), tiled(cells.masked) == 1, tiled(cells.invalid) == 1)
    names = _names("layer", L, "query", rows), _names("head", H, "key", columns)
    traces = named_map(picture, *names, scale)
    return _laid_out(go.Figure(traces), values.shape, plotly_text(title))


def tiled(maps: Array) -> NDArray[np.float32]:
    """(L, H, T, S) to one picture, nan in the gaps between the maps.

    >>> tiled(np.array([[[[1]], [[2]]], [[[3]], [[4]]]]))
    array([[ 1., nan,  2.],
           [nan, nan, nan],
           [ 3., nan,  4.]], dtype=float32)
    """
    L, H, T, S = maps.shape
    down, across = T + gap(T), S + gap(S)
    padded = np.full((L, down, H, across), np.nan, dtype=np.float32)
    padded[:, :T, :, :S] = maps.transpose(0, 2, 1, 3)
    flat = padded.reshape(L * down, H * across)
    return np.ascontiguousarray(flat[: flat.shape[0] - gap(T), : flat.shape[1] - gap(S)])


def gap(count: int) -> int:
    """Cells between two maps: about a tenth of a map's rows, or of its columns."""
    return max(1, round(count / 10))


def _check(values: Array, T: int, S: int) -> None:
    if values.ndim != 4 or values.shape[2:] != (T, S):
        raise ValueError(
            f"weights must be (L, H, {T}, {S}) for {token_counts(T, S)}, got {values.shape}"
        )
    if values.size > LARGEST:
        raise ValueError(
            f"{values.shape} are {values.size:,} cells; one figure takes {LARGEST:,}. Give fewer "
            "layers, heads or tokens, or one head to viz.heatmap"
        )


def _names(outer: str, n: int, inner: str, labels: list[str]) -> list[str]:
    """What each row or column of the picture is, in words, the gaps included."""
    between = [f"gap {t}" for t in range(gap(len(labels)))]
    within = [f"{inner} {t} {label}" for t, label in enumerate(labels)] + between
    names = [f"{outer} {m}, {name}" for m in range(n) for name in within]
    return names[: -len(between)]


def _laid_out(figure: go.Figure, shape: tuple[int, ...], title: str) -> go.Figure:
    """Square cells, a label at the middle of each row and column of maps."""
    L, H, T, S = shape
    rows, columns = (n * (size + gap(size)) - gap(size) for n, size in ((L, T), (H, S)))
    figure.update_xaxes(**NAMED_AXIS, **_ticks("H", H, S), range=[-0.5, columns - 0.5], side="top")
    figure.update_yaxes(**NAMED_AXIS, **_ticks("L", L, T), range=[rows - 0.5, -0.5])
    side = SIDE / max(rows, columns)
    top = TOP + (30 if title else 0)
    return framed(
        figure,
        round(side * rows) + top + BOTTOM,
        left=LEFT,
        right=RIGHT,
        top=top,
        bottom=BOTTOM,
        title=title or None,
        plot_bgcolor=CLEAR,
        width=round(side * columns) + LEFT + RIGHT,
    )


def _ticks(letter: str, n: int, size: int) -> dict[str, Any]:
    middles = [m * (size + gap(size)) + (size - 1) / 2 for m in range(n)]
    return {"tickvals": middles, "ticktext": [f"{letter}{m}" for m in range(n)]}
