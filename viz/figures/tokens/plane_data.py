"""Points in a plane as plain JSON types, for `viz.views.plane`; without Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from viz.colors import QUERIES, Stop
from viz.text import visible

Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Dots:
    """Points with one entry in the legend.

    Fields:
        name: of the entry.
        points: (N, 2).
        ids: (N,) whole numbers; a click reports the point's.
        texts: N plain texts.
        notes: N plain texts, told of a point that is pointed at.
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
        if sizes != (N, N, N, 2):
            raise ValueError(f"{N} points need as many texts and notes and a place each: {sizes}")


@dataclass(frozen=True)
class Bar:
    """A colour scale beside the points: its title, its colours, and (share, text) of its ticks."""

    title: str
    stops: Sequence[Stop]
    ticks: Sequence[tuple[float, str]]


def plane_data(
    dots: Sequence[Dots],
    axes: tuple[str, str],
    *,
    extent: Numbers | None = None,
    chosen: int | None = None,
    near: Sequence[int] = (),
    bar: Bar | None = None,
    title: str = "",
    height: int = 460,
) -> dict[str, Any]:
    """Points, their words and what links them.

    Args:
        axes: the names of both.
        extent: (2, 2) ends of each axis; None leaves it to the points.
        chosen, near: the id of one point, which gets a ring, and of those that lines go to.
    """
    ends = extent_of([group.points for group in dots]) if extent is None else extent
    return {
        "dots": [_told(group) for group in dots],
        "axes": list(axes),
        "extent": np.asarray(ends, dtype=float).tolist(),
        "chosen": chosen,
        "near": [int(id) for id in near],
        "accent": QUERIES,
        "bar": None if bar is None else _scale(bar),
        "title": title,
        "height": height,
    }


def extent_of(clouds: Sequence[Numbers]) -> Numbers:
    """(2, 2): ends of axes on which all points lie, with a little room."""
    points = np.concatenate(clouds)
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.maximum(high - low, 1e-6) * 0.06
    return np.stack([low - room, high + room], axis=1)


def _told(dots: Dots) -> dict[str, Any]:
    one = isinstance(dots.colors, str)
    labelled = [True] * len(dots.ids) if dots.labelled is None else dots.labelled
    return {
        "name": dots.name,
        # Seven digits are more than float32 has, and fewer than Python prints.
        "places": [[float(f"{x:.7g}"), float(f"{y:.7g}")] for x, y in dots.points.tolist()],
        "ids": [int(id) for id in dots.ids],
        "texts": [visible(text) for text in dots.texts],
        "notes": list(dots.notes),
        "color": dots.colors if one else None,
        "colors": None if one else list(dots.colors),
        "labelled": [bool(on) for on in labelled],
        "symbol": dots.symbol,
        "words": dots.words,
    }


def _scale(bar: Bar) -> dict[str, Any]:
    return {
        "title": bar.title,
        "stops": [[place, color] for place, color in bar.stops],
        "ticks": [[share, text] for share, text in bar.ticks],
    }
