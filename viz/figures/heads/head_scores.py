"""Numbers of every head as small L×H maps side by side, one a question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from viz.figures.plot_parts import CLEAR, framed
from viz.map_scale import Kind, map_scale
from viz.text import plotly_text

PRINTED = 6
"""Up to so many heads a layer, every cell prints its number."""

CELL, GAP, TOP = 34, 46, 34  # px
TALLEST = 300


def head_scores(
    scores: Mapping[str, NDArray[Any]], kind: Kind = "weights", columns: int = 6
) -> go.Figure:
    """Draw one map a score: layers downwards, heads to the right.

    Args:
        scores: (L, H) by title; nan is left empty and says "not measured".
        kind: "weights", coloured from 0 to 1 in every map, or "signed", each map about 0 by its
            own largest |value|, which its title prints.
        columns: maps in a row.

    Raises:
        ValueError: no map, or maps of different shapes.
    """
    shapes = {np.shape(values) for values in scores.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise ValueError(f"scores must be (L, H) and of one shape, got {sorted(shapes)}")
    L, H = next(iter(shapes))
    rows, across = -(-len(scores) // columns), min(columns, len(scores))
    height = max(90, min(TALLEST, CELL * L))
    scales = {title: map_scale(v[np.isfinite(v)], kind) for title, v in scores.items()}
    figure = make_subplots(
        rows,
        across,
        subplot_titles=[_title(title, scale, kind) for title, scale in scales.items()],
        horizontal_spacing=0.035,
        vertical_spacing=GAP / (rows * (height + GAP)),
    )
    for n, (title, values) in enumerate(scores.items()):
        place = {"row": n // across + 1, "col": n % across + 1}
        figure.add_trace(_map(title, np.asarray(values, dtype=float), scales[title], kind), **place)
    return _laid_out(figure, L, H, rows * (height + GAP) + TOP)


def _title(title: str, scale: Mapping[str, Any], kind: Kind) -> str:
    ends = f"  ±{scale['zmax']:.3g}" if kind == "signed" else ""
    return plotly_text(title) + ends


def _map(title: str, values: NDArray[Any], scale: Mapping[str, Any], kind: Kind) -> go.Heatmap:
    H = values.shape[1]
    digits = ".2f" if kind == "weights" else "+.2f"
    hovers = [[f"{x:.4f}" if np.isfinite(x) else "not measured" for x in row] for row in values]
    return go.Heatmap(
        z=values,
        customdata=hovers,
        **scale,
        xgap=1,
        ygap=1,
        showscale=False,
        name=plotly_text(title),
        hovertemplate=f"L%{{y}} H%{{x}}<br>{plotly_text(title)}: "
        "<b>%{customdata}</b><extra></extra>",
        texttemplate=f"%{{z:{digits}}}" if H <= PRINTED else None,
        textfont={"size": 11},
    )


def _laid_out(figure: go.Figure, L: int, H: int, height: int) -> go.Figure:
    """The first layer on top; every head named where there is room."""
    bare = {"showgrid": False, "zeroline": False, "ticks": "", "fixedrange": True}
    small = {"size": 10}
    figure.update_yaxes(**bare, **_ticks("L", L), tickfont=small, range=[L - 0.5, -0.5])
    figure.update_xaxes(**bare, **_ticks("H", H), tickfont=small, tickangle=0)
    figure.update_annotations(font={"size": 12})
    return framed(figure, height, left=28, right=8, top=TOP, bottom=22, plot_bgcolor=CLEAR)


def _ticks(letter: str, n: int) -> dict[str, Any]:
    places = list(range(0, n, 1 if n <= PRINTED else 3))
    return {"tickvals": places, "ticktext": [f"{letter}{place}" for place in places]}
