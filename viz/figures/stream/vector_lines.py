"""One vector drawn several ways, a step for each of its numbers; one column a channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import LEGEND_ABOVE, framed, whole_ticks
from viz.text import plotly_text

HEIGHT = 300


def vector_lines(vectors: Mapping[str, NDArray[np.floating[Any]]]) -> go.Figure:
    """Draw vectors of one length over each other.

    Args:
        vectors: name, as plain text, to (C,); the first is grey.

    Raises:
        ValueError: vectors of different lengths.
    """
    lengths = {len(vector) for vector in vectors.values()}
    if len(lengths) > 1:
        raise ValueError(f"the vectors must be equally long, got {sorted(lengths)}")
    figure = go.Figure()
    for (name, vector), color in zip(vectors.items(), (MASKED, *RUNS), strict=False):
        figure.add_scatter(
            name=plotly_text(name),
            x=list(range(len(vector))),
            y=np.asarray(vector, dtype=np.float32),
            mode="lines",
            line={"width": 1.2, "color": color, "shape": "hvh"},
            hovertemplate="%{y:.4f}",
        )
    ticks = whole_ticks(max(map(len, vectors.values()), default=1))
    figure.update_xaxes(title="channel", showgrid=False, zeroline=False, **ticks)
    figure.update_yaxes(title="value", zerolinecolor=MASKED)
    return framed(
        figure,
        HEIGHT,
        hovermode="x unified",
        hoverlabel={"font": {"family": "monospace"}},
        legend=LEGEND_ABOVE,
        dragmode=False,
    )
