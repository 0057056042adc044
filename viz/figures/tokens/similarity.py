"""How alike rows of a table are: the cosine of each with each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED, SIGNED_SCALE
from viz.figures.plot_parts import CLEAR, every_nth, flat_cells, framed, scale_bar
from viz.text import plotly_label

TICKS = 40
"""At most so many names are printed along an axis."""


def similarity_matrix(
    cosines: NDArray[Any],
    names: Sequence[str] | None = None,
    *,
    positions: NDArray[np.integer[Any]] | None = None,
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
    figure = go.Figure(_cells(cosines, labels))
    if np.isnan(cosines).any():
        direction = "%{y:d} and %{x:d}<br>a row of zeros has no direction"
        figure.add_trace(flat_cells(np.isnan(cosines), MASKED, direction, name="none"))
    return _laid_out(figure, labels, plotly_label(title).replace("·", " "), names is not None)


def _cells(cosines: NDArray[Any], labels: list[str]) -> go.Heatmap:
    return go.Heatmap(
        z=cosines.astype(np.float32),
        # As categories plotly would merge rows of one name; as numbers, ticks carry the names.
        colorscale=SIGNED_SCALE,
        zmin=-1.0,
        zmax=1.0,
        text=None if len(labels) > 128 else [[f"{a} and {b}" for b in labels] for a in labels],
        hovertemplate=("%{y:d} and %{x:d}" if len(labels) > 128 else "%{text}")
        + "<br>cosine <b>%{z:.4f}</b><extra></extra>",
        hoverongaps=False,
        colorbar=scale_bar([-1, 0, 1], ["−1", "0", "1"], len=0.6),
    )


def _laid_out(figure: go.Figure, labels: list[str], title: str, mono: bool) -> go.Figure:
    N = len(labels)
    axis: dict[str, Any] = {
        **every_nth(labels, TICKS if mono else 8),
        "tickangle": 0,
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "constrain": "domain",
    }
    if mono:
        axis["tickfont"] = {"family": "monospace", "size": 11}
    # To the right: beside the colour bar, however wide the page.
    figure.update_xaxes(**axis, constraintoward="right", range=[-0.5, N - 0.5])
    figure.update_yaxes(**axis, range=[N - 0.5, -0.5], scaleanchor="x")
    return framed(figure, 520, top=44 if title else 10, title=title or None, plot_bgcolor=CLEAR)
