"""Tokens as points in a plane or in space, each with its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED, QUERIES, RUNS, WEIGHTS
from viz.text import plotly_label, visible

MOST_LABELS = 150
"""Above, only what is chosen is labelled: more texts would lie over each other."""

MOST_SVG = 400
"""Above, points in a plane are drawn by WebGL, which is less sharp and much faster."""

Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Cloud:
    """What is drawn.

    Fields:
        points: (N, 2) or (N, 3).
        tokens: N texts; they are escaped, and equal ones stay apart.
        ids: (N,) each point carries its own as `customdata[0]`.
        axes: a name for each axis.
    """

    points: Numbers
    tokens: Sequence[str]
    ids: NDArray[np.integer[Any]]
    axes: Sequence[str]

    def __post_init__(self) -> None:
        N = len(self.tokens)
        if self.points.shape not in ((N, 2), (N, 3)) or len(self.ids) != N:
            raise ValueError(
                f"points must be ({N}, 2) or ({N}, 3) and ids ({N},) for {N} tokens, got "
                f"{self.points.shape} and ({len(self.ids)},)"
            )


def token_scatter(
    cloud: Cloud,
    *,
    kinds: Sequence[str] | None = None,
    legend: Sequence[str] = (),
    counts: NDArray[np.integer[Any]] | None = None,
    chosen: int | None = None,
    near: Sequence[int] = (),
    extent: Numbers | None = None,
    title: str = "",
) -> go.Figure:
    """Draw tokens where they lie, coloured by kind or by how often they stand in a text.

    Args:
        cloud: the points.
        kinds: N names, one a token; in the legend in the order of `legend`, which has all of them.
        legend: every kind there is; its place decides the colour, `other` is grey.
        counts: (N,), coloured on a logarithmic scale; 0 is grey.
        chosen, near: the id of one token, which gets a ring, and of those that lines go to.
        extent: (2 or 3, 2) ends of each axis; None leaves it to the points.
        title: plain text.
    """
    found = groups(cloud, kinds, legend, counts)
    links = _links(cloud, chosen, near)
    figure = go.Figure([*links, *(_points(cloud, group, chosen, near) for group in found)])
    return _laid_out(figure, cloud, extent, plotly_label(title).replace("·", " "))


def extent(*clouds: Numbers) -> Numbers:
    """(2 or 3, 2): the ends of axes on which all of the points lie, with a little room."""
    points = np.concatenate(clouds)
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.maximum(high - low, 1e-6) * 0.06
    return np.stack([low - room, high + room], axis=1)


@dataclass(frozen=True)
class Group:
    """Points with one entry in the legend.

    Fields:
        at: their places in the cloud.
        marker: colours as plotly takes them.
        notes: what each is coloured by.
    """

    name: str
    at: NDArray[np.intp]
    marker: Mapping[str, Any]
    notes: Sequence[str]


def groups(
    cloud: Cloud,
    kinds: Sequence[str] | None,
    legend: Sequence[str],
    counts: NDArray[np.integer[Any]] | None,
) -> list[Group]:
    """The entries of the legend; see `token_scatter` for the arguments."""
    return _by_count(cloud, counts) if counts is not None else _by_kind(cloud, kinds, legend)


def _by_kind(cloud: Cloud, kinds: Sequence[str] | None, legend: Sequence[str]) -> list[Group]:
    if kinds is None:
        kinds, legend = ["token"] * len(cloud.tokens), ["token"]
    found = np.array(kinds, dtype=object)
    groups = []
    for place, kind in enumerate(legend):
        at = np.flatnonzero(found == kind)
        color = MASKED if kind == "other" else RUNS[place % len(RUNS)]
        if len(at):
            groups.append(Group(kind, at, {"color": color}, [kind] * len(at)))
    return groups


def _by_count(cloud: Cloud, counts: NDArray[np.integer[Any]]) -> list[Group]:
    seen, never = np.flatnonzero(counts > 0), np.flatnonzero(counts == 0)
    logs = np.log10(np.maximum(counts, 1))
    low, high = (float(logs[seen].min()), float(logs[seen].max())) if len(seen) else (0.0, 1.0)
    ticks = range(int(np.ceil(low)), int(high) + 1)
    marker = {
        "color": logs[seen],
        "colorscale": [[k / (len(WEIGHTS) - 1), color] for k, color in enumerate(WEIGHTS)],
        "cmin": low,
        "cmax": max(high, low + 0.1),
        "showscale": True,
        "colorbar": {
            "title": {"text": "times", "side": "top"},
            "tickvals": list(ticks),
            "ticktext": [f"{10**tick:,}" for tick in ticks],
            "thickness": 10,
            "outlinewidth": 0,
            "len": 0.6,
        },
    }
    groups = [Group("in the text", seen, marker, [f"{n:,} times" for n in counts[seen]])]
    if len(never):
        groups.append(Group("never", never, {"color": MASKED}, ["never"] * len(never)))
    return groups


def _points(cloud: Cloud, group: Group, chosen: int | None, near: Sequence[int]) -> Any:
    """One trace; its hover says token, id and what it is coloured by."""
    ids = cloud.ids[group.at]
    labels = [plotly_label(cloud.tokens[place]) for place in group.at]
    everywhere = len(cloud.tokens) <= MOST_LABELS
    flat = cloud.points.shape[1] == 2
    printed = labels if flat else [_in_space(cloud.tokens[place]) for place in group.at]
    texts = [
        l if everywhere or i in {chosen, *near} else "" for l, i in zip(printed, ids, strict=True)
    ]
    still = {"marker": {"opacity": 0.9}}  # a click must not fade the others
    selected = {"selected": still, "unselected": still} if flat else {}
    return _kind_of_scatter(cloud)(
        name=group.name,
        mode="markers+text",
        text=texts,
        textposition="top center",
        textfont={"family": "monospace", "size": 13},
        marker={"size": 8 if flat else 4, "opacity": 0.9, "line": {"width": 0}, **group.marker},
        customdata=np.array([ids, labels, group.notes], dtype=object).T,
        hovertemplate="<b>%{customdata[1]}</b>  token %{customdata[0]}<br>%{customdata[2]}"
        "<extra></extra>",
        **_coordinates(cloud.points[group.at]),
        **selected,
    )


def _in_space(token: str) -> str:
    """A token for plotly's labels in space, which know tags (`<b>`), but no `&lt;`."""
    shown = visible(token)
    return shown if len(shown) == 1 else shown.replace("<", "‹")


def _links(cloud: Cloud, chosen: int | None, near: Sequence[int]) -> list[Any]:
    """A ring around the chosen token, and lines to those that are near it."""
    place = {int(id): at for at, id in enumerate(cloud.ids)}
    if chosen not in place:
        return []
    here, gap = cloud.points[place[chosen]], np.full(cloud.points.shape[1], np.nan)
    ends = [cloud.points[place[id]] for id in near if id in place]
    path = np.array([point for end in ends for point in (here, end, gap)] or [here])
    flat = cloud.points.shape[1] == 2
    kind = _kind_of_scatter(cloud)
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


def _kind_of_scatter(cloud: Cloud) -> Any:
    if cloud.points.shape[1] == 3:
        return go.Scatter3d
    return go.Scatter if len(cloud.tokens) <= MOST_SVG else go.Scattergl


def _coordinates(points: Numbers) -> dict[str, Any]:
    return dict(zip("xyz", points.T, strict=False))


def _laid_out(figure: go.Figure, cloud: Cloud, extent: Numbers | None, title: str) -> go.Figure:
    axes = [{"title": {"text": name}, "zeroline": False} for name in cloud.axes]
    for axis, ends in zip(axes, [] if extent is None else extent, strict=False):
        axis["range"] = [float(end) for end in ends]
    if cloud.points.shape[1] == 3:
        faint = {"backgroundcolor": "rgba(0,0,0,0)", "gridcolor": "rgba(128,128,128,0.3)"}
        named = {f"{letter}axis": axis | faint for letter, axis in zip("xyz", axes, strict=True)}
        eye = {"x": 1.5, "y": 1.5, "z": 0.9}
        figure.update_layout(scene={**named, "aspectmode": "cube", "camera": {"eye": eye}})
    else:
        figure.update_layout(xaxis=axes[0], yaxis=axes[1])
    return figure.update_layout(
        title=title or None,
        plot_bgcolor="rgba(0,0,0,0)",
        margin=_margins(cloud, figure, title),
        height=620,
        legend={
            "orientation": "h",
            "y": -0.08 if cloud.points.shape[1] == 2 else 0,
            "yanchor": "top",
        },
        dragmode="pan" if cloud.points.shape[1] == 2 else "orbit",
        hovermode="closest",
        showlegend=len({trace.name for trace in figure.data if trace.showlegend is None}) > 1,
        clickmode="event+select",
        uirevision=title or "one",
    )


def _margins(cloud: Cloud, figure: go.Figure, title: str) -> dict[str, Any]:
    """Fixed in a plane: where plotly finds the margins itself, it draws everything twice."""
    top = 44 if title else 10
    if cloud.points.shape[1] == 3:
        return {"l": 10, "r": 10, "t": top, "b": 10}
    has_bar = any(trace.marker.showscale for trace in figure.data)
    return {"l": 60, "r": 90 if has_bar else 10, "t": top, "b": 90, "autoexpand": False}
