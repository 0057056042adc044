"""What several pages offer to take away: maps of heads, and the metrics of runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import plotly.graph_objects as go

import viz
from gpt.inspect.maps import Maps
from gpt.training.runs import Run
from pages.shared import run_data
from viz.figures.heads.head_grid import LARGEST

Head = tuple[int, int]
Figures = dict[str, Callable[[], go.Figure]]


def weight_figures(
    weights: np.ndarray | Maps, tokens: Sequence[str], visible: np.ndarray | None, head: Head
) -> Figures:
    """The weights of the head that is shown, and of all heads where that is not too many cells."""
    layer, number = head
    one = f"Weights of layer {layer}, head {number}"
    figures: Figures = {
        one: partial(viz.heatmap, weights[layer, number], tokens, visible=visible, title=one)
    }
    if math.prod(weights.shape) <= LARGEST:
        figures["Weights of all heads"] = partial(
            viz.head_grid, weights[:], tokens, visible=visible
        )
    return figures


def metrics(runs: Sequence[Run]) -> dict[str, np.ndarray]:
    """Every column of numbers in the runs' metrics, nan where nothing was measured."""
    several = len(runs) > 1
    return {
        f"{run.name}.{field}" if several else field: column
        for run in runs
        for field, column in run_data.columns(run).items()
    }
