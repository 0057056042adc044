"""What plotly figures share: margins, axes, lines, bars, colour bars, rows with names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.colors import MASKED
from viz.given import Array, Bools
from viz.text import plotly_text

LEGEND_ABOVE: dict[str, Any] = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
CLEAR = "rgba(0,0,0,0)"
FEW = 12
"""Whole numbers along an axis, each of which has a tick of its own."""
TICKS = 32
"""At most so many names are printed along an axis, unless a figure has room for others."""
MAP_TICKS = 16
"""So many tokens along a side of a map that may be 200 px wide."""
LINELESS: dict[str, Any] = {"showgrid": False, "zeroline": False}
BAR_ABOVE: dict[str, Any] = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "len": 1}
"""A colour bar above its map, which then has the whole width for the words in its cells."""
BARE_AXIS: dict[str, Any] = {**LINELESS, "fixedrange": True}
MONOSPACED: dict[str, Any] = {"family": "monospace", "size": 11}
TOKEN_AXIS: dict[str, Any] = {**LINELESS, "ticks": "", "tickfont": MONOSPACED}
"""Beside a map: its ticks are tokens."""
UNIFIED: dict[str, Any] = {
    "hovermode": "x unified",
    "hoverlabel": {"font": {"family": "monospace"}},
    "legend": LEGEND_ABOVE,
}
"""A hover reads all lines at one place."""


def framed(
    figure: go.Figure,
    height: float,
    *,
    left: float = 10,
    right: float = 10,
    top: float = 10,
    bottom: float = 10,
    **layout: Any,
) -> go.Figure:
    """The figure with its height and its margins, in px; the rest goes to plotly as it is."""
    margin = {"l": left, "r": right, "t": top, "b": bottom}
    return figure.update_layout(height=height, margin=margin, **layout)


def titled(title: str, bare: float = 10) -> dict[str, Any]:
    """The title of a figure, plain text, and the top margin with it, or without, in px."""
    return {"title": plotly_text(title) or None, "top": 44 if title else bare}


def curve(
    name: str,
    x: Any,
    y: Any,
    color: str,
    *,
    width: float = 2,
    size: float = 0,
    hover: str = "%{y:.4f}",
    **more: Any,
) -> go.Scatter:
    """A line.

    Args:
        name: plain text.
        size: of the marks at its points, in px; 0: it has none.
        more: goes to plotly as it is.
    """
    marks = {"mode": "lines+markers", "marker": {"size": size}} if size else {"mode": "lines"}
    return go.Scatter(
        name=plotly_text(name),
        x=x,
        y=y,
        line={"color": color, "width": width},
        hovertemplate=hover,
        **{**marks, **more},
    )


def dots(
    name: str, x: Any, y: Any, color: Any, size: float, *, hover: str = "%{y:.4f}", **more: Any
) -> go.Scatter:
    """Points without a line; the arguments are those of `curve`."""
    marker = {"color": color, "size": size}
    return go.Scatter(
        name=plotly_text(name), x=x, y=y, mode="markers", marker=marker, hovertemplate=hover, **more
    )


def row_bars(values: Any, color: Any, width: float, *, opacity: float = 1, **more: Any) -> go.Bar:
    """Bars to the right, one a row, the first on top; `more` goes to plotly as it is."""
    marker = {"color": color, "opacity": opacity, "line": {"width": 0}}
    rows = list(range(len(values)))
    return go.Bar(x=values, y=rows, orientation="h", width=width, marker=marker, **more)


def token_hover(ids: Iterable[int]) -> dict[str, Any]:
    """A hover that says the id of each token; a click reports it too, as `customdata[0]`."""
    hover = "token %{customdata[0]}<extra></extra>"
    return {"customdata": [[int(id)] for id in ids], "hovertemplate": hover}


def column_bars(
    name: str | None, x: Any, y: Any, color: Any, hover: str, *, opacity: Any = None, **more: Any
) -> go.Bar:
    """Bars upwards; `name` as plotly prints it, the rest as in `curve`."""
    marker = {"color": color, "opacity": opacity, "line": {"width": 0}}
    return go.Bar(name=name, x=x, y=y, marker=marker, hovertemplate=hover, **more)


def scale_bar(
    ticks: Sequence[float], texts: Sequence[str], title: str = "", side: str = "right", **more: Any
) -> dict[str, Any]:
    """A slim colour bar with its ticks, as plotly takes it; the title stands beside it."""
    named = {"title": {"text": title, "side": side}} if title else {}
    ends = {"tickvals": list(ticks), "ticktext": list(texts)}
    return {**named, **ends, "thickness": 10, "outlinewidth": 0, **more}


def color_bar(scale: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A slim colour bar with the ends of `scale`, from `viz.map_scale`, printed at it."""
    low, high = scale["zmin"], scale["zmax"]
    ticks = [0.0, 0.1, 0.5, 1.0] if low == 0 else [low, 0.0, high]
    texts = [f"{tick:.3g}".replace("-", "−") for tick in ticks]
    return scale_bar(ticks, texts, **{"len": 0.6, "ypad": 0, **more})


def colored(
    z: Any, scale: dict[str, Any], hover: str, *, bar: dict[str, Any] | None = None, **more: Any
) -> go.Heatmap:
    """Numbers as colours; what is nan is left out.

    Args:
        scale: from `viz.map_scale`.
        hover: what a hover says.
        bar: the colour bar; None: as `color_bar` says.
        more: goes to plotly as it is.
    """
    looks = {"hovertemplate": f"{hover}<extra></extra>", "hoverongaps": False}
    return go.Heatmap(z=z, colorbar=bar or color_bar(scale), **{**scale, **looks, **more})


def square_axes(
    figure: go.Figure, x: dict[str, Any], y: dict[str, Any], shape: tuple[int, int]
) -> None:
    """Give a map square cells, the first row on top.

    Args:
        figure: changed in place.
        x, y: what more plotly's axes get, their ticks, say.
        shape: rows and columns.
    """
    axis = {**TOKEN_AXIS, "constrain": "domain"}
    figure.update_xaxes({**axis, "range": [-0.5, shape[1] - 0.5], "tickangle": 0, **x})
    square = {"scaleanchor": "x", "scaleratio": 1}
    figure.update_yaxes({**axis, "range": [shape[0] - 0.5, -0.5], **square, **y})


def flat_cells(where: Bools, color: str, hover: str = "", **more: Any) -> go.Heatmap:
    """The cells that are True, in one colour; without a hover, they say nothing."""
    says = {"hovertemplate": f"{hover}<extra></extra>"} if hover else {"hoverinfo": "skip"}
    return go.Heatmap(
        z=np.where(where, np.float32(0), np.float32(np.nan)),
        colorscale=[[0.0, color], [1.0, color]],
        showscale=False,
        hoverongaps=False,
        **says,
        **more,
    )


def rectangle(x: Sequence[float], y: Sequence[float], **more: Any) -> dict[str, Any]:
    """A rectangle between two places across and two down, as plotly takes it."""
    return {"type": "rect", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], **more}


def every_nth(names: Sequence[str], most: int = TICKS) -> dict[str, Any]:
    """Ticks at whole numbers with their names, at most so many."""
    step = max(1, -(-len(names) // most))
    return {
        "tickmode": "array",
        "tickvals": list(range(0, len(names), step)),
        "ticktext": list(names[::step]),
    }


def token_ticks(
    tokens: Sequence[str], labels: Sequence[str], most: int = MAP_TICKS
) -> dict[str, Any]:
    """Ticks along the foot of a map, upright if a token is longer than a letter.

    Args:
        tokens: as text; labels: as plotly prints them.
        most: so many are printed at most.
    """
    upright = max(map(len, tokens), default=0) > 1
    return {**every_nth(labels, most), "tickangle": -90 if upright else 0}


def name_rows(
    figure: go.Figure, labels: Sequence[str], size: int = 0, top: float = -0.5, foot: float = 0
) -> None:
    """Give the rows of a figure, at y = 0, 1, …, their names, the first on top.

    Args:
        figure: changed in place.
        labels: as plotly prints them, so escaped.
        size: of the letters of a monospaced face, in pixels; 0: the page's own face.
        top: where the vertical axis begins.
        foot: room below the last row, in rows.
    """
    font = {"tickfont": {"family": "monospace", "size": size}} if size else {}
    names = every_nth([f"{label} " for label in labels], max(1, len(labels)))
    figure.update_yaxes(
        **names, **font, range=[len(labels) - 0.5 + foot, top], ticks="", **BARE_AXIS
    )


def whole_ticks(last: float) -> dict[str, Any]:
    """Ticks of an axis of whole numbers from 0 or 1 to `last`: none between two of them.

    >>> whole_ticks(3)
    {'tickformat': ',', 'dtick': 1}
    """
    few = {"dtick": 1} if last < FEW else {}  # of more, plotly's own ticks are whole numbers
    return {"tickformat": ",", **few}


def over_steps(figure: go.Figure, runs: Sequence[Array], until: int | None) -> go.Figure:
    """Lay a figure out over optimizer steps; a hover shows the numbers of all curves there.

    Args:
        figure: changed in place.
        runs: (N,) the steps of each run, rising.
        until: where the axis ends; None: at the last step there is.
    """
    last = max((int(steps[-1]) for steps in runs if len(steps)), default=1)
    figure.update_xaxes(
        title="optimizer steps",
        **whole_ticks(max(last, until or 1)),
        range=[0, max(last, until or 1)],
        unifiedhovertitle={"text": "step %{x:,}"},
    )
    # Where a person has zoomed stays while the curves grow.
    return framed(figure, 380, **UNIFIED, uirevision="keep")


def add_level(
    figure: go.Figure, at: float, text: str, side: str = "top right", *, upright: bool = False
) -> None:
    """Draw the line across a figure.

    Args:
        at: in the units of the axis that it crosses.
        text: stands at the line; plotly reads it as HTML.
        side: where it stands.
        upright: the line goes up, from a place on the horizontal axis.
    """
    add_line, axis = (figure.add_vline, "x") if upright else (figure.add_hline, "y")
    add_line(
        **{axis: at},
        line={"color": MASKED, "width": 1.2, "dash": "dot"},
        annotation={"text": text, "font": {"color": MASKED}},
        annotation_position=side,
    )
