"""Several vectors over each other: their numbers channel by channel, or how these are spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import LEGEND_ABOVE, LINELESS, UNIFIED, curve, framed, whole_ticks
from viz.given import Integers, Numbers

HEIGHT = 300
COLORS = (MASKED, *RUNS)


def vector_lines(vectors: Mapping[str, Numbers]) -> go.Figure:
    """Draw vectors of one length over each other, a step for each number.

    Args:
        vectors: name, as plain text, to (C,); the first is grey.

    Raises:
        ValueError: vectors of different lengths.
    """
    lengths = {len(vector) for vector in vectors.values()}
    if len(lengths) > 1:
        raise ValueError(f"the vectors must be equally long, got {sorted(lengths)}")
    C = max(lengths, default=1)
    figure = go.Figure()
    for (name, vector), color in zip(vectors.items(), COLORS, strict=False):
        x, y = list(range(C)), np.asarray(vector, dtype=np.float32)
        figure.add_trace(curve(name, x, y, color, width=1.2, line_shape="hvh"))
    figure.update_xaxes(title="channel", **LINELESS, **whole_ticks(C))
    figure.update_yaxes(title="value", zerolinecolor=MASKED)
    return framed(figure, HEIGHT, **UNIFIED, dragmode=False)


def spreads(edges: Numbers, counts: Mapping[str, Integers]) -> go.Figure:
    """Draw how many numbers of each vector are in each bin: outlines of histograms.

    Args:
        edges: (n + 1,) of the common bins.
        counts: name, as plain text, to (n,); the first is grey.

    Raises:
        ValueError: not one more edge than counts.
    """
    figure = go.Figure()
    outline: dict[str, Any] = {"width": 1.8, "line_shape": "hvh", "hover": "%{y:,} numbers"}
    for index, (name, column) in enumerate(counts.items()):
        if len(edges) != len(column) + 1:
            raise ValueError(f"{len(column)} bins need one edge more, got {len(edges)}")
        color = COLORS[index % len(COLORS)]
        figure.add_trace(curve(name, (edges[:-1] + edges[1:]) / 2, column, color, **outline))
    figure.update_xaxes(title="value", zeroline=True, zerolinecolor=MASKED, showgrid=False)
    figure.update_yaxes(title="channels", rangemode="tozero")
    return framed(figure, HEIGHT, hovermode="x unified", legend=LEGEND_ABOVE, dragmode=False)
