"""Tokens as points in a plane or in space, coloured by kind or by how often they occur."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viz.colors import MASKED, RUNS, WEIGHTS, hexes, stops
from viz.given import Integers, Numbers
from viz.point_picture import Bar, Dots, PointPicture

MOST_LABELS = 150
"""Above, only what is chosen is labelled: more texts would lie over each other."""

HEIGHT = 560


@dataclass(frozen=True)
class Cloud:
    """Tokens and where they lie.

    Fields:
        points: (N, 2) or (N, 3).
        tokens: N texts; equal ones stay apart.
        ids: (N,).
        axes: a name for each axis.
    """

    points: Numbers
    tokens: Sequence[str]
    ids: Integers
    axes: Sequence[str]

    def __post_init__(self) -> None:
        N = len(self.tokens)
        if self.points.shape not in ((N, 2), (N, 3)) or len(self.ids) != N:
            raise ValueError(
                f"points must be ({N}, 2) or ({N}, 3) and ids ({N},) for {N} tokens, got "
                f"{self.points.shape} and ({len(self.ids)},)"
            )


def token_points(
    cloud: Cloud,
    *,
    kinds: Sequence[str],
    legend: Sequence[str],
    counts: Integers | None = None,
    chosen: int | None = None,
    near: Sequence[int] = (),
    extent: Numbers | None = None,
    title: str = "",
) -> PointPicture:
    """The picture of a cloud.

    Args:
        kinds: N names, one a token; in the legend in the order of `legend`, which has all of them.
        legend: every kind there is; its place decides the colour, `other` is grey.
        counts: (N,), coloured on a logarithmic scale; 0 is grey.
        chosen, near: the id of one token, which gets a ring, and of those that lines go to.
        extent: (2 or 3, 2) ends of each axis; None leaves it to the points.
        title: plain text.
    """
    if counts is None:
        bar, dots = None, list(_by_kind(cloud, kinds, legend, {chosen, *near}))
    else:
        bar, dots = _by_count(cloud, counts, {chosen, *near})
    known = chosen if chosen in cloud.ids else None
    return PointPicture(dots, cloud.axes, extent, known, near, bar, title, HEIGHT)


def _dots(
    cloud: Cloud,
    name: str,
    at: NDArray[np.intp],
    colors: str | list[str],
    notes: Sequence[str],
    labelled: set[int | None],
) -> Dots:
    """The tokens at some places; if the cloud has many, only `labelled` ones get their words."""
    ids = cloud.ids[at].tolist()
    everywhere = len(cloud.tokens) <= MOST_LABELS
    return Dots(
        name,
        cloud.points[at],
        ids=ids,
        texts=[cloud.tokens[n] for n in at],
        notes=[f"token {id}, {note}" for id, note in zip(ids, notes, strict=True)],
        colors=colors,
        labelled=[everywhere or id in labelled for id in ids],
    )


def _by_kind(
    cloud: Cloud, kinds: Sequence[str], legend: Sequence[str], labelled: set[int | None]
) -> Iterator[Dots]:
    all_kinds = np.array(kinds, dtype=object)
    for index, kind in enumerate(legend):
        at = np.flatnonzero(all_kinds == kind)
        color = MASKED if kind == "other" else RUNS[index % len(RUNS)]
        if len(at):
            yield _dots(cloud, kind, at, color, [kind] * len(at), labelled)


def _by_count(cloud: Cloud, counts: Integers, labelled: set[int | None]) -> tuple[Bar, list[Dots]]:
    seen, never = np.flatnonzero(counts > 0), np.flatnonzero(counts == 0)
    logs = np.log10(np.maximum(counts, 1))
    low, high = (float(logs[seen].min()), float(logs[seen].max())) if len(seen) else (0.0, 1.0)
    span = max(high - low, 0.1)
    scale = stops(WEIGHTS)
    colors = hexes(scale, (logs[seen] - low) / span)
    ticks = [((n - low) / span, f"{10**n:,}") for n in range(int(np.ceil(low)), int(high) + 1)]
    times = [f"{n:,} times" for n in counts[seen]]
    dots = [_dots(cloud, "in the text", seen, colors, times, labelled)]
    if len(never):
        dots.append(_dots(cloud, "never", never, MASKED, ["never"] * len(never), labelled))
    return Bar("times", scale, ticks), dots
