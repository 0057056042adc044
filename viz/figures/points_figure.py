"""Points in a plane or in space as a plotly figure, each with its text."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.colors import MASKED, QUERIES
from viz.figures.plot_parts import CLEAR, framed, scale_bar, titled
from viz.given import Numbers
from viz.point_picture import Bar, Dots, PointPicture
from viz.text import plotly_label, visible

MOST_SVG = 400
"""Above, points in a plane are drawn by WebGL, which is less sharp and much faster."""


def points_figure(picture: PointPicture) -> go.Figure:
    """Draw the points with what links them."""
    traces = [_points(dots, picture) for dots in picture.dots]
    figure = go.Figure([*_links(picture), *traces])
    if picture.bar is not None:
        figure.add_trace(_bar(picture.bar, picture))
    return _laid_out(figure, picture)


def _points(dots: Dots, picture: PointPicture) -> Any:
    """One trace; its hover says the text and the note."""
    flat = len(picture.axes) == 2
    labels = [plotly_label(text) for text in dots.texts]
    printed = labels if flat else [_in_space(text) for text in dots.texts]
    labelled = [True] * len(labels) if dots.labelled is None else dots.labelled
    size = 5 if dots.words else 8 if flat else 4
    font = {"color": dots.colors} if dots.words else {}
    return _kind_of_scatter(picture)(
        name=dots.name,
        mode="markers+text" if any(labelled) else "markers",
        text=[text if on else "" for text, on in zip(printed, labelled, strict=True)],
        textposition="middle right" if dots.words else "top center",
        textfont={"family": "monospace", "size": 13, **font},
        marker={
            "color": dots.colors,
            "symbol": dots.symbol,
            "size": size,
            "opacity": 0.9,
            "line": {"width": 0},
        },
        customdata=np.array([dots.ids, labels, dots.notes], dtype=object).T,
        hovertemplate="<b>%{customdata[1]}</b>  %{customdata[2]}<extra></extra>",
        **_coordinates(dots.points),
    )


def _in_space(token: str) -> str:
    """A token for plotly's labels in space, which know tags (`<b>`), but no `&lt;`."""
    seen = visible(token)
    return seen if len(seen) == 1 else seen.replace("<", "‹")


def _links(picture: PointPicture) -> list[Any]:
    """A ring around the chosen point, and lines to those that are near it."""
    points = {int(id): p for dots in picture.dots for id, p in zip(dots.ids, dots.points)}  # noqa: B905
    here = points.get(picture.chosen) if picture.chosen is not None else None
    if here is None:
        return []
    gap, flat = np.full(len(here), np.nan), len(here) == 2
    ends = [points[id] for id in picture.near if id in points]
    path = np.array([point for end in ends for point in (here, end, gap)] or [here])
    kind = _kind_of_scatter(picture)
    plain = {"hoverinfo": "skip", "showlegend": False}
    marker = {
        "symbol": "circle-open",
        "size": 20 if flat else 12,
        "color": QUERIES,
        "line": {"width": 2},
    }
    lines = kind(mode="lines", line={"color": QUERIES, "width": 1}, name="nearest", **plain)
    ring = kind(mode="markers", marker=marker, name="chosen", **plain)
    return [lines.update(_coordinates(path)), ring.update(_coordinates(here[None]))]


def _bar(bar: Bar, picture: PointPicture) -> Any:
    """A trace without points, for its colour bar."""
    return _kind_of_scatter(picture)(
        **_coordinates(np.full((1, len(picture.axes)), np.nan)),
        mode="markers",
        showlegend=False,
        hoverinfo="skip",
        marker={
            "color": [0.0],
            "colorscale": [list(stop) for stop in bar.stops],
            "cmin": 0,
            "cmax": 1,
            "showscale": True,
            "colorbar": scale_bar(
                [share for share, _ in bar.ticks],
                [text for _, text in bar.ticks],
                bar.title,
                side="top",
                len=0.6,
            ),
        },
    )


def _kind_of_scatter(picture: PointPicture) -> Any:
    if len(picture.axes) == 3:
        return go.Scatter3d
    N = sum(len(dots.ids) for dots in picture.dots)
    return go.Scatter if N <= MOST_SVG else go.Scattergl


def _coordinates(points: Numbers) -> dict[str, Any]:
    return dict(zip("xyz", points.T, strict=False))


def _laid_out(figure: go.Figure, picture: PointPicture) -> go.Figure:
    axes: list[dict[str, Any]] = [
        {"title": {"text": name}, "zerolinecolor": MASKED} for name in picture.axes
    ]
    for axis, ends in zip(axes, [] if picture.extent is None else picture.extent, strict=False):
        axis["range"] = [float(end) for end in ends]
    flat = len(axes) == 2
    if flat:
        figure.update_layout(xaxis=axes[0], yaxis=axes[1])
    else:
        faint = {"backgroundcolor": "rgba(0,0,0,0)", "gridcolor": "rgba(128,128,128,0.3)"}
        named = {f"{letter}axis": axis | faint for letter, axis in zip("xyz", axes, strict=True)}
        eye = {"x": 1.5, "y": 1.5, "z": 0.9}
        figure.update_layout(scene={**named, "aspectmode": "cube", "camera": {"eye": eye}})
    return framed(
        figure,
        picture.height + 60,
        **titled(picture.title),
        plot_bgcolor=CLEAR,
        legend={"orientation": "h", "y": -0.08 if flat else 0, "yanchor": "top"},
        dragmode="pan" if flat else "orbit",
        hovermode="closest",
        showlegend=len(picture.dots) > 1,
        uirevision=picture.title or "one",
    )
