"""Numbers of every head as small L×H maps side by side, one a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from viz.colors import WEIGHTS_SCALE
from viz.figures.plot_parts import BARE_AXIS, CLEAR, colored, framed
from viz.given import Array
from viz.map_scale import DECIMALS, Kind, map_scale, signed_end
from viz.text import plotly_text

PRINTED = 6
"""Up to so many heads a layer, every cell prints its number."""
CELL_DECIMALS = 2

CELL, GAP, TOP = 34, 46, 34  # px
TALLEST = 300


@dataclass(frozen=True, eq=False)
class HeadNumbers:
    """One number a head, of any size.

    Fields:
        values: (L, H).
        limit: where the colour scale ends, but for the floor of ADR 28; it begins at 0.
    """

    values: Array
    limit: float


def head_scores(scores: Mapping[str, Array], kind: Kind = "weights", columns: int = 6) -> go.Figure:
    """Draw one map a score: layers downwards, heads to the right.

    Args:
        scores: (L, H) by title; nan is left empty and says "not measured".
        kind: "weights", coloured from 0 to 1 in every map, or "signed", each map about 0 by its
            own largest |value|, which its title prints.
        columns: maps in a row.

    Raises:
        ValueError: no map, or maps of different shapes.
    """
    form = f"{'' if kind == 'weights' else '+'}.{CELL_DECIMALS}f"
    maps = {}
    for title, given in scores.items():
        values = np.asarray(given, dtype=float)
        decimals = CELL_DECIMALS if values.shape[-1] <= PRINTED else DECIMALS
        scale = map_scale(values[np.isfinite(values)], kind, decimals=decimals)
        ends = f"  ±{scale['zmax']:.3g}" if kind == "signed" else ""
        printed = _texts(values, lambda x: f"{x:{form}}" if np.isfinite(x) else "")
        maps[plotly_text(title) + ends] = _map(title, values, scale, printed, PRINTED)
    return _side_by_side(maps, columns)


def head_numbers(tables: Mapping[str, HeadNumbers]) -> go.Figure:
    """Draw each table under its title, coloured from 0 to its limit, with its numbers.

    Raises:
        ValueError: tables of different shapes.
    """
    widest = max(table.values.shape[-1] for table in tables.values())
    maps = {}
    for title, table in tables.items():
        scale = {"colorscale": WEIGHTS_SCALE, "zmin": 0.0, "zmax": signed_end(table.limit)}
        printed = _texts(table.values, _short)
        maps[plotly_text(title)] = _map(title, table.values, scale, printed, PRINTED + 2)
    return _side_by_side(maps, len(tables) if widest <= PRINTED + 2 else 2)


def _map(
    title: str, values: Array, scale: dict[str, Any], printed: list[list[str]], most: int
) -> go.Heatmap:
    """One map; its cells print their numbers if it has at most so many columns."""
    hovers = _texts(values, lambda x: f"{x:.4f}" if np.isfinite(x) else "not measured")
    name = plotly_text(title)
    cells = colored(values, scale, f"L%{{y}} H%{{x}}<br>{name}: <b>%{{customdata}}</b>")
    cells.update(customdata=hovers, name=name, showscale=False, xgap=1, ygap=1, hoverongaps=True)
    if values.shape[-1] <= most:
        cells.update(text=printed, texttemplate="%{text}", textfont={"size": 11})
    return cells


def _texts(values: Array, text: Callable[[float], str]) -> list[list[str]]:
    return [[text(float(value)) for value in row] for row in np.atleast_2d(values)]


def _short(value: float) -> str:
    """Four significant digits, without an exponent if possible.

    >>> _short(0.12346), _short(27.3), _short(1234.5), _short(123456.0)
    ('0.1235', '27.30', '1234', '1.23e+05')
    """
    if not np.isfinite(value):
        return "not a number"
    if abs(value) < 10:
        return f"{value:.4f}"
    return f"{value:#.4g}".rstrip(".") if abs(value) < 1e4 else f"{value:.3g}"


def _side_by_side(maps: Mapping[str, go.Heatmap], columns: int) -> go.Figure:
    """The maps under their titles, the first layer on top; every head named if there is room."""
    shapes = {np.shape(heatmap.z) for heatmap in maps.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise ValueError(f"one number a head needs maps (L, H) of one shape, got {sorted(shapes)}")
    ((L, H),) = shapes
    rows, across = -(-len(maps) // columns), min(columns, len(maps))
    height = max(90, min(TALLEST, CELL * L))
    figure = make_subplots(
        rows,
        across,
        subplot_titles=list(maps),
        horizontal_spacing=0.035,
        vertical_spacing=GAP / (rows * (height + GAP)),
    )
    for n, heatmap in enumerate(maps.values()):
        figure.add_trace(heatmap, row=n // across + 1, col=n % across + 1)
    bare: dict[str, Any] = {**BARE_AXIS, "ticks": "", "tickfont": {"size": 10}}
    figure.update_yaxes(**bare, **_ticks("L", L), range=[L - 0.5, -0.5])
    figure.update_xaxes(**bare, **_ticks("H", H), tickangle=0)
    figure.update_annotations(font={"size": 12})
    tall = rows * (height + GAP) + TOP
    return framed(figure, tall, left=28, right=8, top=TOP, bottom=22, plot_bgcolor=CLEAR)


def _ticks(letter: str, n: int) -> dict[str, Any]:
    ticks = list(range(0, n, 1 if n <= PRINTED + 2 else 3))
    return {"tickvals": ticks, "ticktext": [f"{letter}{tick}" for tick in ticks]}
