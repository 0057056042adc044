"""A grid of the residual stream: one row a state, one column a position, a number in each cell.

The stream flows downwards: the embedding is the first row, the last layer's MLP the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import INVALID, MASKED
from viz.figures.cell_text import cell_text
from viz.figures.plot_parts import CLEAR, flat_cells, framed, name_rows, scale_bar
from viz.state_shade import Numbers, Shade, check, printed_number, short
from viz.text import plotly_label, plotly_text, visible

NAMED = 160
"""Columns whose tokens are printed, at most; above, every nth."""

WIDE = 70
"""Characters that a row has room for in a readable size; up to twice as many in a small one."""

ROW = (17, 34)  # px: a row's least and greatest height
BODY = 330  # px that the rows share between them
TICK = 13  # px between the numbers beside the colours, at least


def state_grid(
    values: Numbers,
    shade: Shade,
    tokens: Sequence[str],
    states: Sequence[str],
    *,
    cells: Sequence[Sequence[str]] | None = None,
    notes: Sequence[Sequence[str]] | None = None,
    following: Sequence[str] | None = None,
    chosen: tuple[int, int] | None = None,
) -> go.Figure:
    """Draw a number for each state and position.

    Args:
        values: (S, T); nan if there is none.
        shade: the colours.
        tokens: T pieces of text, printed above; they are escaped.
        states: S names.
        cells: (S, T) pieces of text to print in the cells, where they fit; they are escaped.
        notes: (S, T) what a hover says, as plain text of a few lines; None: the number.
        following: T pieces printed below: the true next tokens, "" if there is none.
        chosen: (state, position), outlined.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    check(values, tokens, states)
    figure = go.Figure(_colored(values, shade, _hovers(values, shade, tokens, states, notes)))
    if (absent := np.isnan(values)).any():
        figure.add_trace(flat_cells(absent, MASKED, opacity=0.35, xgap=0.5, ygap=1))
    if (endless := np.isinf(values)).any():
        figure.add_trace(flat_cells(endless, INVALID, opacity=0.35, xgap=0.5, ygap=1))
    if cells is not None and (size := _size(cells)):
        shares = (shade.place(values) - shade.low) / (shade.high - shade.low)
        figure.add_traces(cell_text(_escaped(cells), shares, shade.scale, size))
    if chosen is not None:
        _outline(figure, *chosen)
    return _laid_out(figure, tokens, states, following)


def _colored(
    values: Numbers,
    shade: Shade,
    hovers: NDArray[Any],
) -> go.Heatmap:
    with np.errstate(divide="ignore", invalid="ignore"):
        places = shade.place(values.astype(np.float64))
    ticks = _legible(shade, _row_height(len(values)) * len(values))
    return go.Heatmap(
        z=np.where(np.isfinite(places), places, np.nan),
        zmin=shade.low,
        zmax=shade.high,
        colorscale=[list(stop) for stop in shade.scale],
        customdata=hovers,
        hovertemplate="%{customdata}<extra></extra>",
        xgap=0.5,
        ygap=1,
        colorbar=scale_bar(
            shade.place(np.asarray(ticks, dtype=np.float64)).tolist(),
            [short(tick) for tick in ticks],
            shade.title,
        ),
    )


def _legible(shade: Shade, height: int) -> list[float]:
    """The ticks of the colours that do not lie on another one; the first and the last stay.

    Args:
        height: of the bar of colours, in px.
    """
    ticks = list(shade.ticks)
    places = shade.place(np.asarray(ticks, dtype=np.float64))
    at = (height * (places - shade.low) / (shade.high - shade.low)).tolist()
    kept = [0]
    for n in range(1, len(ticks) - 1):
        if min(abs(at[n] - at[kept[-1]]), abs(at[-1] - at[n])) >= TICK:
            kept.append(n)
    return [ticks[n] for n in dict.fromkeys([*kept, len(ticks) - 1])]


def _row_height(S: int) -> int:
    """The height of one of S rows, in px."""
    return min(max(BODY // S, ROW[0]), ROW[1])


def _size(cells: Sequence[Sequence[str]]) -> int:
    """The size of the letters in the cells; 0 if they would not fit."""
    longest = max(len(visible(cell)) for cell in {cell for row in cells for cell in row})
    characters = len(cells[0]) * longest
    return 12 if characters <= WIDE else 9 if characters <= 2 * WIDE else 0


def _escaped(cells: Sequence[Sequence[str]]) -> list[list[str]]:
    """As plotly labels; most cells say what another one says."""
    labels = {cell: plotly_label(cell) for row in cells for cell in row}
    return [[labels[cell] for cell in row] for row in cells]


def _hovers(
    values: Numbers,
    shade: Shade,
    tokens: Sequence[str],
    states: Sequence[str],
    notes: Sequence[Sequence[str]] | None,
) -> NDArray[Any]:
    """(S, T): what a hover says, as plotly reads it; an array, which it does not check by piece."""
    hovers = np.empty(values.shape, dtype=object)
    (labels,) = _escaped([tokens])
    for s, t in np.ndindex(*values.shape):
        note = printed_number(float(values[s, t]), shade) if notes is None else notes[s][t]
        head = f"<b>{plotly_text(states[s])}</b>, position {t} {labels[t]}"
        hovers[s, t] = f"{head}<br>{plotly_text(note)}".replace("\n", "<br>")
    return hovers


def _outline(figure: go.Figure, state: int, position: int) -> None:
    """Two lines, so that it is seen on light cells and on dark ones."""
    for width, color in ((4, "#ffffff"), (2, "#000000")):
        figure.add_shape(
            type="rect",
            x0=position - 0.5,
            x1=position + 0.5,
            y0=state - 0.5,
            y1=state + 0.5,
            line={"width": width, "color": color},
        )


def _laid_out(
    figure: go.Figure, tokens: Sequence[str], states: Sequence[str], following: Sequence[str] | None
) -> go.Figure:
    S, T = len(states), len(tokens)
    every = -(-T // NAMED)
    font = {"family": "monospace", "size": 11 if T <= 90 else 9}
    axis = {
        "tickmode": "array",
        "tickvals": list(range(0, T, every)),
        "tickfont": font,
        "tickangle": 0 if max(map(len, tokens)) < 3 else -60,
        "range": [-0.5, T - 0.5],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
    figure.update_layout(xaxis={**axis, "ticktext": _labels(tokens, every), "side": "top"})
    if following is not None:
        # Drawn only where something is drawn on it.
        figure.add_scatter(x=[None], y=[None], xaxis="x2", hoverinfo="skip", showlegend=False)
        below = {"overlaying": "x", "side": "bottom", "title": "true next token"}
        figure.update_layout(xaxis2={**axis, **below, "ticktext": _labels(following, every)})
    name_rows(figure, [plotly_text(state) for state in states])
    row = _row_height(S)
    return framed(
        figure,
        row * S + 110,
        top=40,
        bottom=50,
        plot_bgcolor=CLEAR,
        showlegend=False,
        dragmode=False,
    )


def _labels(tokens: Sequence[str], every: int) -> list[str]:
    return _escaped([tokens[::every]])[0]
