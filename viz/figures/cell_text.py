"""Words in the cells of a heatmap, in black on light cells and in white on dark ones.

Plotly's own choice for such words is a grey that is hard to read on the middle of our scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import Stop, lightness

INKS = {True: "#000000", False: "#ffffff"}


def cell_text(
    texts: Sequence[Sequence[str]],
    shares: NDArray[np.floating[Any]],
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
    light = lightness(scale, np.clip(np.nan_to_num(shares.ravel()), 0, 1)) > 0.5
    array = np.array([text for row in texts for text in row], dtype=object)
    # Not one colour a cell: plotly would check each of a thousand colours, for 100 ms.
    return [
        _one_ink(array, np.flatnonzero(light == on_light), shares.shape[1], ink, size)
        for on_light, ink in INKS.items()
    ]


def _one_ink(
    texts: NDArray[Any], cells: NDArray[Any], columns: int, ink: str, size: int
) -> go.Scatter:
    return go.Scatter(
        x=cells % columns,
        y=cells // columns,
        mode="text",
        text=texts[cells],
        textfont={"family": "monospace", "size": size, "color": ink},
        hoverinfo="skip",
        showlegend=False,
    )
