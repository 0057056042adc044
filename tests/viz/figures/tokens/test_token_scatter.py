"""Tokens as points: who stands where, in which colour, and what a click would carry."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from viz.colors import MASKED, RUNS
from viz.figures.tokens.token_scatter import MOST_LABELS, MOST_SVG, Cloud, extent, token_scatter

POINTS = np.array([[0.0, 1, 7], [2, 3, 8], [4, 5, 9], [6, 7, 10]])
TOKENS = ["a", "<s>", "B", " "]
IDS = np.array([10, 11, 12, 13])
KINDS = ["vowel", "other", "capital", "vowel"]
LEGEND = ("vowel", "consonant", "capital", "other")


def cloud(n: int = 2) -> Cloud:
    return Cloud(POINTS[:, :n], TOKENS, IDS, [f"PC {k + 1}" for k in range(n)])


def named(figure: go.Figure, name: str) -> Any:
    (found,) = [trace for trace in figure.data if trace.name == name]
    return found


def test_every_kind_is_a_trace_with_its_own_colour_and_points() -> None:
    figure = token_scatter(cloud(), kinds=KINDS, legend=LEGEND)
    assert [trace.name for trace in figure.data] == ["vowel", "capital", "other"]
    vowels = named(figure, "vowel")
    assert (list(vowels.x), list(vowels.y)) == ([0, 6], [1, 7])
    assert list(vowels.customdata[:, 0]) == [10, 13]
    assert list(vowels.text) == ["a", "·"]
    assert vowels.marker.color == RUNS[0]
    assert named(figure, "capital").marker.color == RUNS[2], "by its place among all kinds"
    assert named(figure, "other").marker.color == MASKED
    assert vowels.textfont.family == "monospace"


def test_labels_are_escaped_in_a_plane_and_plain_in_space() -> None:
    flat = named(token_scatter(cloud(), kinds=KINDS, legend=LEGEND), "other")
    deep = named(token_scatter(cloud(3), kinds=KINDS, legend=LEGEND), "other")
    assert flat.text[0] == "&lt;s&gt;"
    assert deep.text[0] == "‹s>", "there plotly reads tags, yet prints entities as they stand"
    assert flat.customdata[0][1] == deep.customdata[0][1] == "&lt;s&gt;"


def test_space_has_three_axes() -> None:
    figure = token_scatter(cloud(3), kinds=KINDS, legend=LEGEND, extent=extent(POINTS))
    assert {trace.type for trace in figure.data} == {"scatter3d"}
    assert list(named(figure, "capital").z) == [9]
    assert [figure.layout.scene[f"{axis}axis"].title.text for axis in "xyz"] == [
        "PC 1",
        "PC 2",
        "PC 3",
    ]
    low, high = figure.layout.scene.zaxis.range
    assert low < 7 and high > 10


def test_counts_are_coloured_by_their_logarithm_and_never_is_grey() -> None:
    figure = token_scatter(cloud(), counts=np.array([1, 0, 1000, 100]))
    seen, never = named(figure, "in the text"), named(figure, "never")
    np.testing.assert_allclose(seen.marker.color, [0, 3, 2])
    assert (seen.marker.cmin, seen.marker.cmax) == (0, 3)
    assert list(seen.marker.colorbar.ticktext) == ["1", "10", "100", "1,000"]
    assert list(never.customdata[:, 0]) == [11]
    assert never.marker.color == MASKED


def test_the_chosen_token_has_a_ring_and_lines_to_its_nearest() -> None:
    figure = token_scatter(cloud(), kinds=KINDS, legend=LEGEND, chosen=12, near=[10, 99, 13])
    ring, lines = named(figure, "chosen"), named(figure, "nearest")
    assert (list(ring.x), list(ring.y)) == ([4], [5])
    np.testing.assert_array_equal(lines.x, [4, 0, np.nan, 4, 6, np.nan])
    np.testing.assert_array_equal(lines.y, [5, 1, np.nan, 5, 7, np.nan])


def test_a_chosen_token_that_is_not_drawn_has_no_ring() -> None:
    assert len(token_scatter(cloud(), kinds=KINDS, legend=LEGEND, chosen=99).data) == 3


@pytest.mark.parametrize(
    ("N", "kind", "labelled"),
    [
        (MOST_LABELS, "scatter", MOST_LABELS),
        (MOST_LABELS + 1, "scatter", 2),
        (MOST_SVG + 1, "scattergl", 2),
    ],
)
def test_many_points_have_few_labels_and_are_drawn_by_webgl(
    N: int, kind: str, labelled: int
) -> None:
    ids = np.arange(N)
    many = Cloud(np.zeros((N, 2)), [str(id) for id in ids], ids, ["x", "y"])
    points = token_scatter(many, chosen=3, near=[7]).data[-1]
    assert points.type == kind
    assert sum(text != "" for text in points.text) == labelled
    assert len(points.x) == N


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(4, 2\) or \(4, 3\) and ids \(4,\).*got \(3, 2\)"):
        Cloud(POINTS[:3, :2], TOKENS, IDS, ["x", "y"])


def test_the_extent_holds_all_clouds() -> None:
    ends = extent(POINTS, POINTS + 100)
    assert (ends[:, 0] < POINTS.min(axis=0)).all()
    assert (ends[:, 1] > (POINTS + 100).max(axis=0)).all()
    assert (np.diff(extent(np.ones((2, 2)))) > 0).all(), "one place still has an axis"
