"""What plotly figures share: margins, colour bars, rows with names, cells of one colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED

LEGEND_ABOVE: dict[str, Any] = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
CLEAR = "rgba(0,0,0,0)"
FEW = 12
"""Whole numbers along an axis, each of which has a tick of its own."""
BARE_AXIS: dict[str, Any] = {"showgrid": False, "zeroline": False, "fixedrange": True}


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


def scale_bar(
    ticks: Sequence[float], texts: Sequence[str], title: str = "", side: str = "right", **more: Any
) -> dict[str, Any]:
    """A slim colour bar with its ticks, as plotly takes it; the title stands beside it."""
    named = {"title": {"text": title, "side": side}} if title else {}
    ends = {"tickvals": list(ticks), "ticktext": list(texts)}
    return {**named, **ends, "thickness": 10, "outlinewidth": 0, **more}


def flat_cells(where: NDArray[np.bool_], color: str, hover: str = "", **more: Any) -> go.Heatmap:
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


def every_nth(names: Sequence[str], most: int) -> dict[str, Any]:
    """Ticks at whole numbers with their names, at most so many."""
    step = max(1, -(-len(names) // most))
    return {
        "tickmode": "array",
        "tickvals": list(range(0, len(names), step)),
        "ticktext": list(names[::step]),
    }


def name_rows(figure: go.Figure, labels: Sequence[str], size: int = 0, top: float = -0.5) -> None:
    """Give the rows of a figure, at y = 0, 1, …, their names, the first on top.

    Args:
        figure: changed in place.
        labels: as plotly prints them, so escaped.
        size: of the letters of a monospaced face, in pixels; 0: the page's own face.
        top: where the vertical axis begins.
    """
    font = {"tickfont": {"family": "monospace", "size": size}} if size else {}
    names = every_nth([f"{label} " for label in labels], max(1, len(labels)))
    figure.update_yaxes(**names, **font, range=[len(labels) - 0.5, top], ticks="", **BARE_AXIS)


def whole_ticks(last: float) -> dict[str, Any]:
    """Ticks of an axis of whole numbers from 0 or 1 to `last`: none between two of them.

    >>> whole_ticks(3)
    {'tickformat': ',', 'dtick': 1}
    """
    few = {"dtick": 1} if last < FEW else {}  # of more, plotly's own ticks are whole numbers
    return {"tickformat": ",", **few}


def over_steps(figure: go.Figure, runs: Sequence[NDArray[Any]], until: int | None) -> go.Figure:
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
    return framed(
        figure,
        380,
        hovermode="x unified",
        hoverlabel={"font": {"family": "monospace"}},
        legend=LEGEND_ABOVE,
        uirevision="keep",  # where a person has zoomed stays while the curves grow
    )


def add_level(figure: go.Figure, height: float, text: str, below: bool = False) -> None:
    """Draw the line across a figure.

    Args:
        height: in the units of the vertical axis.
        text: stands above its right end; plotly reads it as HTML.
        below: the text stands below.
    """
    figure.add_hline(
        y=height,
        line={"color": MASKED, "width": 1.2, "dash": "dot"},
        annotation={"text": text, "font": {"color": MASKED}},
        annotation_position="bottom right" if below else "top right",
    )
