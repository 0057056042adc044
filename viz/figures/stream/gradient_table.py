"""The gradient of each weight matrix: kinds downwards, layers to the right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import MASKED, WEIGHTS, stops
from viz.figures.cell_text import cell_text
from viz.figures.plot_parts import (
    BAR_ABOVE,
    LINELESS,
    colored,
    every_nth,
    flat_cells,
    framed,
    name_rows,
    scale_bar,
)
from viz.given import Numbers
from viz.text import plotly_text

WRITTEN = 5
"""Layers whose cells have their numbers in them, at most."""

LEAST = 1e-30


def gradient_table(norms: Numbers, kinds: Sequence[str]) -> go.Figure:
    """Draw the norms of dLoss/dW, coloured by their logarithm, lighter for larger.

    Args:
        norms: (K, L), K kinds of matrices; nan where a layer has none, 0 where no gradient comes.
        kinds: K names.
    """
    K, L = norms.shape
    if len(kinds) != K:
        raise ValueError(f"{K} rows need as many names, got {len(kinds)}")
    there = norms > LEAST
    logs = np.log10(np.where(there, norms, 1.0).astype(np.float64))
    low = float(np.floor(logs[there].min())) if there.any() else -1.0
    high = max(float(np.ceil(logs[there].max())) if there.any() else 0.0, low + 1)
    decades = range(int(low), int(high) + 1)
    ticks = decades[:: max(1, len(decades) // 6)]
    bar = scale_bar(
        ticks, [f"10<sup>{power}</sup>" for power in ticks], "norm of dLoss/dW", "top", **BAR_ABOVE
    )
    scale = {"zmin": low, "zmax": high, "colorscale": stops(WEIGHTS)}
    hover, z = "%{y}, layer %{x:d}<br><b>%{customdata:.4e}</b>", np.where(there, logs, np.nan)
    figure = go.Figure(colored(z, scale, hover, bar=bar, customdata=norms, xgap=1, ygap=1))
    unreached = "%{y}, layer %{x:d}<br>no gradient (0)"
    figure.add_trace(flat_cells(norms <= LEAST, MASKED, unreached, xgap=1, ygap=1))
    if L <= WRITTEN:
        texts = [["" if np.isnan(norm) else f"{norm:.1e}" for norm in row] for row in norms]
        figure.add_traces(cell_text(texts, (logs - low) / (high - low), stops(WEIGHTS), 9))
    layers = every_nth([str(layer) for layer in range(L)], L)
    figure.update_xaxes(**LINELESS, **layers, title="layer", range=[-0.5, L - 0.5], tickangle=0)
    name_rows(figure, [plotly_text(kind) for kind in kinds])
    return framed(figure, 34 * K + 140, dragmode=False)
