"""What each head adds to one number, as a map: layers downwards, heads to the right."""

from __future__ import annotations

import plotly.graph_objects as go

from viz.colors import SIGNED_SCALE
from viz.figures.cell_text import cell_text
from viz.figures.plot_parts import BAR_ABOVE, BARE_AXIS, colored, framed, scale_bar
from viz.given import Numbers
from viz.map_scale import map_scale
from viz.number_texts import signed
from viz.text import plotly_text

DECIMALS = 2  # in the cells
WRITTEN = 7
"""Heads a layer whose cells have their number in them, at most: more are too narrow on a phone."""


def head_effects(values: Numbers, title: str) -> go.Figure:
    """Draw one cell a head, coloured on either side of 0 as `signed_end` says.

    Args:
        values: (L, H).
        title: what the numbers are, as plain text.
    """
    L, H = values.shape
    scale = map_scale(values, "signed", decimals=DECIMALS)
    limit = scale["zmax"]
    ends = [signed(end, DECIMALS) for end in (-limit, 0.0, limit)]
    bar = scale_bar([-limit, 0, limit], ends, plotly_text(title), "top", **BAR_ABOVE)
    hover = "layer %{y:d}, head %{x:d}<br><b>%{z:+.4f}</b>"
    figure = go.Figure(colored(values, scale, hover, bar=bar, xgap=1, ygap=1))
    if H <= WRITTEN:
        texts = [[signed(float(value), DECIMALS) for value in row] for row in values]
        shares = (values / limit + 1) / 2
        figure.add_traces(cell_text(texts, shares, SIGNED_SCALE, 10))
    heads = {**BARE_AXIS, "title": "head", "tickvals": list(range(H)), "range": [-0.5, H - 0.5]}
    layers = {**BARE_AXIS, "title": "layer", "tickvals": list(range(L)), "range": [L - 0.5, -0.5]}
    figure.update_xaxes(heads, side="bottom", tickangle=0)
    figure.update_yaxes(layers)
    return framed(figure, min(max(44 * L, 90), 420) + 120, bottom=40, dragmode=False)
