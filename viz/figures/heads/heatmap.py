"""One head's map of T queries and S keys, for a page or a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.figures.named_map import Cells, word_cells
from viz.figures.plot_parts import (
    CLEAR,
    MAP_TICKS,
    TICKS,
    colored,
    every_nth,
    framed,
    square_axes,
    titled,
    token_ticks,
)
from viz.given import Array, Bools, map_of_bools, real_numbers, token_counts
from viz.map_scale import Kind, map_scale
from viz.text import plotly_label

NAMED_TOKENS = 400
"""Above, a cell's hover gives positions only: two names a cell would be tens of megabytes."""


def heatmap(
    weights: Array,
    tokens: Sequence[str],
    *,
    key_tokens: Sequence[str] | None = None,
    visible: Bools | None = None,
    kind: Kind = "weights",
    title: str = "",
    limit: float | None = None,
    narrow: bool = False,
) -> go.Figure:
    """Draw what each query (row, the first on top) gives to each key (column).

    Args:
        weights: (T, S); −inf counts as masked.
        tokens: T pieces of text; they are escaped, and equal ones stay apart.
        key_tokens: S pieces of text; None: the keys are the same tokens as the queries.
        visible: (T, S), True where query i may see key j; None: everywhere.
        kind: "weights", always coloured from 0 to 1, or "signed", from −limit to limit.
        title: plain text.
        limit: end of the signed scale; None: the largest |value| shown.
        narrow: whether it stands in a column of a page, where fewer tokens can be named.

    Raises:
        ValueError: no token, shapes that do not fit each other, or what is no number.
    """
    values = real_numbers("weights", weights)
    of_keys = tokens if key_tokens is None else key_tokens
    shape = len(tokens), len(of_keys)
    if values.shape != shape:
        raise ValueError(f"weights must be {shape} for {token_counts(*shape)}, got {values.shape}")
    sorted_cells = Cells.of(values, map_of_bools("visible", visible, shape))
    rows, columns = ([plotly_label(piece) for piece in pieces] for pieces in (tokens, of_keys))
    names = _names(rows, columns)
    scale = map_scale(sorted_cells.numbers, kind, limit)
    # Cells that are masked or no numbers are gaps, without a hover.
    numbers = colored(sorted_cells.drawn, scale, f"{_hover(names)}<b>%{{z:.4f}}</b>", **names)
    figure = go.Figure([numbers, *word_cells(sorted_cells, _hover(names), **names)])
    most = MAP_TICKS if narrow else TICKS
    keys = {"title": "key", "side": "bottom", **token_ticks(of_keys, columns, most)}
    square_axes(figure, keys, {"title": "query", **every_nth(rows, most)}, shape)
    return framed(figure, 460, **titled(title), plot_bgcolor=CLEAR)


def _names(rows: list[str], columns: list[str]) -> dict[str, Any]:
    """(T, S, 2): the two tokens of every cell, for the hover."""
    if len(rows) * len(columns) > NAMED_TOKENS**2:
        return {}
    pairs = np.meshgrid(np.array(rows, object), np.array(columns, object), indexing="ij")
    return {"customdata": np.stack(pairs, axis=-1)}


def _hover(names: dict[str, Any]) -> str:
    """What every cell's hover says before its value."""
    query, key = (" %{customdata[0]}", " %{customdata[1]}") if names else ("", "")
    # Without a format plotly would print the label at ticks, and the position elsewhere.
    return f"query %{{y:d}}{query}<br>key %{{x:d}}{key}<br>"
