"""Points in a plane or in space: what `viz.views.plane` and `viz.figures.points_figure` draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from viz.colors import QUERIES, Stop
from viz.given import Numbers
from viz.text import visible


@dataclass(frozen=True, eq=False)
class Dots:
    """Points with one entry in the legend.

    Fields:
        name: of the entry.
        points: (N, 2), or (N, 3) in space.
        ids: (N,) whole numbers; a click reports the point's.
        texts: N plain texts.
        notes: N plain texts, shown for a point that is pointed at.
        colors: one for all, or N.
        labelled: which of the texts are drawn beside their points; None: all.
        symbol: how the points look.
        words: whether the texts have their points' colour, and stand right of them; else they
            have the ink's, and stand above.
    """

    name: str
    points: Numbers
    ids: Sequence[int]
    texts: Sequence[str]
    notes: Sequence[str]
    colors: str | Sequence[str]
    labelled: Sequence[bool] | None = None
    symbol: Literal["circle", "diamond"] = "circle"
    words: bool = False

    def __post_init__(self) -> None:
        N = len(self.ids)
        sizes = (len(self.texts), len(self.notes), *self.points.shape)
        if sizes not in ((N, N, N, 2), (N, N, N, 3)):
            raise ValueError(f"{N} points need as many texts and notes and a place each: {sizes}")


@dataclass(frozen=True)
class Bar:
    """A colour scale beside the points: its title, its colours, and (share, text) of its ticks."""

    title: str
    stops: Sequence[Stop]
    ticks: Sequence[tuple[float, str]]


@dataclass(frozen=True, eq=False)
class PointPicture:
    """Points, their words and what links them.

    Fields:
        axes: a name for each.
        extent: (2 or 3, 2) ends of each axis; None leaves it to the points.
        chosen, near: the id of one point, which gets a ring, and of those that lines go to.
        height: px.
    """

    dots: Sequence[Dots]
    axes: Sequence[str]
    extent: Numbers | None = None
    chosen: int | None = None
    near: Sequence[int] = ()
    bar: Bar | None = None
    title: str = ""
    height: int = 460


def plane_data(picture: PointPicture) -> dict[str, Any]:
    """A picture of a plane as plain JSON types, for the browser.

    Raises:
        ValueError: points in space.
    """
    if len(picture.axes) != 2:
        raise ValueError(f"a plane has two axes, got {len(picture.axes)}")
    ends, bar = picture.extent, picture.bar
    if ends is None:
        ends = extent(*(dots.points for dots in picture.dots))
    return {
        "dots": [_dots(dots) for dots in picture.dots],
        "axes": list(picture.axes),
        "extent": np.asarray(ends, dtype=float).tolist(),
        "chosen": picture.chosen,
        "near": [int(id) for id in picture.near],
        "accent": QUERIES,
        "bar": bar
        and {
            "title": bar.title,
            "stops": [list(stop) for stop in bar.stops],
            "ticks": [list(tick) for tick in bar.ticks],
        },
        "title": picture.title,
        "height": picture.height,
    }


def extent(*clouds: Numbers) -> Numbers:
    """(2 or 3, 2): the ends of axes on which all points lie, with a little room."""
    points = np.concatenate(clouds)
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.maximum(high - low, 1e-6) * 0.06
    return np.stack([low - room, high + room], axis=1)


def _dots(dots: Dots) -> dict[str, Any]:
    one_color = isinstance(dots.colors, str)
    labelled = [True] * len(dots.ids) if dots.labelled is None else dots.labelled
    return {
        "name": dots.name,
        # Seven digits are more than float32 has, and fewer than Python prints.
        "places": [[float(f"{x:.7g}"), float(f"{y:.7g}")] for x, y in dots.points.tolist()],
        "ids": [int(id) for id in dots.ids],
        "texts": [visible(text) for text in dots.texts],
        "notes": list(dots.notes),
        "color": dots.colors if one_color else None,
        "colors": None if one_color else list(dots.colors),
        "labelled": [bool(on) for on in labelled],
        "symbol": dots.symbol,
        "words": dots.words,
    }
