"""Token + position = what the first block reads: three aligned maps, and the norms of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.colors import QUERIES, RUNS
from viz.figures.plot_parts import CLEAR, LINELESS, TOKEN_AXIS, colored, curve, every_nth
from viz.given import Numbers
from viz.map_scale import map_scale
from viz.text import plotly_label

NAMES = ("token_embedding", "position_embedding", "residual[0]")
DOMAINS = ([0.0, 0.26], [0.295, 0.555], [0.59, 0.85], [0.885, 1.0])


@dataclass(frozen=True)
class Sum:
    """What is drawn; numbers are printed as they are given, so they should be rounded to add up.

    Fields:
        token, position, total: (T, C) each, total = token + position.
        norms: (3, T) the length of every row of each.
        tokens: T texts; they are escaped.
    """

    token: Numbers
    position: Numbers
    total: Numbers
    norms: Numbers
    tokens: Sequence[str]

    def __post_init__(self) -> None:
        T = len(self.tokens)
        shapes = [self.token.shape, self.position.shape, self.total.shape]
        if len(set(shapes)) > 1 or shapes[0][:1] != (T,) or self.norms.shape != (3, T):
            raise ValueError(
                f"three maps of ({T}, C) and norms of (3, {T}) are needed for {T} tokens, got "
                f"{shapes} and {self.norms.shape}"
            )


def embedding_sum(sums: Sum, chosen: int | None = None) -> go.Figure:
    """Draw token + position = sum on one colour scale, and the norm of every row.

    Args:
        sums: the numbers.
        chosen: a position to mark in all of them.
    """
    scale = map_scale(np.stack([sums.token, sums.position, sums.total]), "signed")
    maps = [_map(sums, column, scale) for column in range(3)]
    norms = [_norms(sums, column) for column in range(3)]
    # In one go: each change of a figure has plotly check it again, which takes longer than this.
    return go.Figure([*maps, *norms], _layout(sums, chosen))


def _map(sums: Sum, column: int, scale: dict[str, Any]) -> go.Heatmap:
    """One map; the total's hover has the whole sum."""
    values = (sums.token, sums.position, sums.total)[column]
    is_total, parts = column == 2, np.stack([sums.token, sums.position], axis=-1)
    own = f"{NAMES[column]} <b>%{{z:.4f}}</b>"
    added = "%{customdata[0]:.4f} + %{customdata[1]:.4f} = <b>%{z:.4f}</b>"
    hover = f"position %{{y:d}}<br>channel %{{x:d}}<br>{added if is_total else own}"
    cells = colored(values.astype(np.float32), scale, hover, name=NAMES[column])
    cells.update(xaxis=_axis("x", column), showscale=is_total)
    return cells.update(customdata=parts.astype(np.float32)) if is_total else cells


def _norms(sums: Sum, column: int) -> go.Scatter:
    lengths, positions = sums.norms[column], np.arange(len(sums.tokens))
    hover = f"position %{{y:d}}<br>norm of {NAMES[column]} <b>%{{x:.4f}}</b><extra></extra>"
    line = curve(NAMES[column], lengths, positions, RUNS[column], width=1.5, size=4, hover=hover)
    return line.update(xaxis=_axis("x", 3))


def _layout(sums: Sum, chosen: int | None) -> dict[str, Any]:
    """Four pictures side by side on one axis of positions, so that rows stay aligned."""
    plain = {**LINELESS, "anchor": "y"}
    names = every_nth([f"{plotly_label(token)} " for token in sums.tokens])
    axes = {
        _axis("xaxis", column): {**plain, "domain": ends, "title": {"text": "channel"}}
        | ({"matches": "x"} if column else {})
        for column, ends in enumerate(DOMAINS[:3])
    }
    norm = {**plain, "domain": DOMAINS[3], "title": {"text": "norm"}, "rangemode": "tozero"}
    return {
        **axes,
        _axis("xaxis", 3): norm,
        # The first position on top, as many tokens as there is room for.
        "yaxis": {**TOKEN_AXIS, **names, "range": [len(sums.tokens) - 0.5, -0.5]},
        "annotations": _headings(),
        "shapes": [] if chosen is None else [_frame(chosen)],
        "plot_bgcolor": CLEAR,
        "margin": {"l": 10, "r": 10, "t": 30, "b": 10},
        "height": 520,
        "legend": {"orientation": "h", "y": -0.16, "x": 1, "xanchor": "right"},
    }


def _headings() -> list[dict[str, Any]]:
    """The names above, and the signs between."""
    on_paper = {"xref": "paper", "yref": "paper", "xanchor": "center", "showarrow": False}
    names = [
        {**on_paper, "text": name, "x": sum(ends) / 2, "y": 1, "yanchor": "bottom"}
        for name, ends in zip((*NAMES, "length of each row"), DOMAINS, strict=True)
    ]
    signs = [
        {**on_paper, "text": sign, "x": x, "y": 0.5, "font": {"size": 20}}
        for sign, x in zip("+=", ((a[1] + b[0]) / 2 for a, b in pairwise(DOMAINS)), strict=False)
    ]
    return names + signs


def _frame(chosen: int) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": chosen - 0.5,
        "y1": chosen + 0.5,
        "line": {"width": 1, "color": QUERIES},
    }


def _axis(name: str, column: int) -> str:
    return name if column == 0 else f"{name}{column + 1}"
