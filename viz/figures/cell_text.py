"""Words in the cells of a heatmap, in black on light cells and in white on dark ones.

Plotly's own choice for such words is a grey that is hard to read on the middle of our scales.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import Stop, inks
from viz.given import Numbers


def cell_text(
    texts: Sequence[Sequence[str]],
    shares: Numbers,
    scale: Sequence[Stop],
    size: int,
) -> list[go.Scatter]:
    """Traces to lay over a heatmap whose cells stand at whole numbers: one for each ink.

    Args:
        texts: (rows, columns), escaped already for plotly.
        shares: (rows, columns) where each cell is on its colour scale, 0 to 1; nan if it has
            no colour.
        scale: of the heatmap.
        size: of the letters.
    """
    of_cells = np.array(inks(scale, shares.ravel()))
    array = np.array([text for row in texts for text in row], dtype=object)
    traces = []
    # Not one colour a cell: plotly would check each of a thousand colours, for 100 ms.
    for ink in ("#000000", "#ffffff"):
        cells = np.flatnonzero(of_cells == ink)
        font = {"family": "monospace", "size": size, "color": ink}
        x, y = cells % shares.shape[1], cells // shares.shape[1]
        words = go.Scatter(x=x, y=y, mode="text", text=array[cells], textfont=font)
        traces.append(words.update(hoverinfo="skip", showlegend=False))
    return traces
