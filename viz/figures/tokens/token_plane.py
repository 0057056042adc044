"""Tokens in a plane, for `viz.views.plane`; `token_scatter` draws the same in plotly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.colors import WEIGHTS, stops
from viz.figures.tokens.plane_data import Bar, Dots, Numbers, plane_data
from viz.figures.tokens.token_scatter import MOST_LABELS, Cloud, Group, groups

HEIGHT = 560


def token_plane(
    cloud: Cloud,
    *,
    kinds: Sequence[str] | None = None,
    legend: Sequence[str] = (),
    counts: NDArray[np.integer[Any]] | None = None,
    chosen: int | None = None,
    near: Sequence[int] = (),
    extent: Numbers | None = None,
    title: str = "",
) -> dict[str, Any]:
    """Points and words in a plane; the arguments are those of `token_scatter`.

    Raises:
        ValueError: points in space.
    """
    if cloud.points.shape[1] != 2:
        raise ValueError(f"a plane has two axes, got points {cloud.points.shape}")
    found = groups(cloud, kinds, legend, counts)
    dots = [_dots(cloud, group, {chosen, *near}) for group in found]
    first, second = cloud.axes
    return plane_data(
        dots,
        (first, second),
        extent=extent,
        chosen=chosen if chosen in cloud.ids else None,
        near=near,
        bar=next((_bar(group.marker) for group in found if "colorscale" in group.marker), None),
        title=title,
        height=HEIGHT,
    )


def _dots(cloud: Cloud, group: Group, told: set[int | None]) -> Dots:
    """One group; of many tokens only those that are told of have their words drawn."""
    ids = cloud.ids[group.at].tolist()
    everywhere = len(cloud.tokens) <= MOST_LABELS
    return Dots(
        group.name,
        cloud.points[group.at],
        ids=ids,
        texts=[cloud.tokens[place] for place in group.at],
        notes=[f"token {id}, {note}" for id, note in zip(ids, group.notes, strict=True)],
        colors=_colors(group.marker),
        labelled=[everywhere or id in told for id in ids],
    )


def _colors(marker: Mapping[str, Any]) -> str | list[str]:
    """One colour, or one for each point of a scale."""
    color = marker["color"]
    if isinstance(color, str):
        return color
    shares = (color - marker["cmin"]) / (marker["cmax"] - marker["cmin"])
    places = np.linspace(0, 1, len(WEIGHTS))
    channels = [[int(stop[at : at + 2], 16) for stop in WEIGHTS] for at in (1, 3, 5)]
    mixed = np.rint([np.interp(shares, places, channel) for channel in channels]).astype(int)
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in mixed.T]


def _bar(marker: Mapping[str, Any]) -> Bar:
    low, high, told = marker["cmin"], marker["cmax"], marker["colorbar"]
    ticks = zip(told["tickvals"], told["ticktext"], strict=True)
    places = [(float((at - low) / (high - low)), text) for at, text in ticks]
    return Bar(told["title"]["text"], stops(WEIGHTS), places)
