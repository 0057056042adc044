"""How the numbers of several vectors are spread: outlines of histograms over each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import LEGEND_ABOVE, framed
from viz.text import plotly_text

HEIGHT = 300
COLORS = (MASKED, *RUNS)


def spreads(
    edges: NDArray[np.floating[Any]], counts: Mapping[str, NDArray[np.integer[Any]]]
) -> go.Figure:
    """Draw how many numbers of each vector are in each bin.

    Args:
        edges: (n + 1,) of the common bins.
        counts: name, as plain text, to (n,); the first is grey.

    Raises:
        ValueError: not one more edge than counts.
    """
    figure = go.Figure()
    for place, (name, column) in enumerate(counts.items()):
        if len(edges) != len(column) + 1:
            raise ValueError(f"{len(column)} bins need one edge more, got {len(edges)}")
        figure.add_scatter(
            name=plotly_text(name),
            x=(edges[:-1] + edges[1:]) / 2,
            y=column,
            mode="lines",
            line={"width": 1.8, "color": COLORS[place % len(COLORS)], "shape": "hvh"},
            hovertemplate="%{y:,} numbers",
        )
    figure.update_xaxes(title="value", zeroline=True, zerolinecolor=MASKED, showgrid=False)
    figure.update_yaxes(title="channels", rangemode="tozero")
    return framed(figure, HEIGHT, hovermode="x unified", legend=LEGEND_ABOVE, dragmode=False)
