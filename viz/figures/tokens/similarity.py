"""How alike rows of a table are: the cosine of each with each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.colors import MASKED
from viz.figures.plot_parts import (
    CLEAR,
    MAP_TICKS,
    colored,
    every_nth,
    flat_cells,
    framed,
    square_axes,
    titled,
    token_ticks,
)
from viz.given import Array, Integers
from viz.map_scale import map_scale
from viz.text import plotly_label

MANY = 128
"""Rows; above, a hover gives their numbers in place of their names."""


def similarity_matrix(
    cosines: Array,
    names: Sequence[str] | None = None,
    *,
    positions: Integers | None = None,
    title: str = "",
) -> go.Figure:
    """Draw cosines, always coloured from −1 to 1; a row of zeros has none and is grey.

    Args:
        cosines: (N, N).
        names: N texts; they are escaped; None: rows are named by number.
        positions: (N,) the number of each row; None: from 0.
        title: plain text.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    N = len(cosines)
    if cosines.shape != (N, N) or (names is not None and len(names) != N):
        raise ValueError(f"cosines must be (N, N) with N names, got {cosines.shape}")
    places = np.arange(N) if positions is None else positions
    labels = [str(p) for p in places] if names is None else [plotly_label(n) for n in names]
    # As categories plotly would merge rows of one name; as numbers, ticks carry the names.
    texts = None if N > MANY else [[f"{a} and {b}" for b in labels] for a in labels]
    hover = f"{'%{text}' if texts else '%{y:d} and %{x:d}'}<br>cosine <b>%{{z:.4f}}</b>"
    scale = map_scale(cosines, "signed", 1.0)
    figure = go.Figure(colored(cosines.astype(np.float32), scale, hover, text=texts))
    if np.isnan(cosines).any():
        direction = "%{y:d} and %{x:d}<br>a row of zeros has no direction"
        figure.add_trace(flat_cells(np.isnan(cosines), MASKED, direction, name="none"))
    axis: dict[str, Any] = every_nth(labels, 8 if names is None else MAP_TICKS)
    if names is None:
        axis["tickfont"] = None
    across = axis if names is None else token_ticks(names, labels)
    # To the right: beside the colour bar, however wide the page.
    square_axes(figure, {**across, "constraintoward": "right"}, axis, (N, N))
    return framed(figure, 520, **titled(title), plot_bgcolor=CLEAR)
