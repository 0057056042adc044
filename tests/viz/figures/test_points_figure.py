"""Points as a plotly figure: who stands where, in which colour, with which words."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from viz.colors import KEYS, MASKED, QUERIES, RUNS, WEIGHTS
from viz.figures.points_figure import MOST_SVG, points_figure
from viz.point_picture import PointPicture, extent
from viz.qk_points import qk_points
from viz.token_points import MOST_LABELS, Cloud, token_points

POINTS = np.array([[0.0, 1, 7], [2, 3, 8], [4, 5, 9], [6, 7, 10]])
TOKENS = ["a", "<s>", "B", " "]
IDS = np.array([10, 11, 12, 13])
KINDS = ["vowel", "other", "capital", "vowel"]
LEGEND = ("vowel", "consonant", "capital", "other")


def tokens(n: int = 2, **more: Any) -> PointPicture:
    cloud = Cloud(POINTS[:, :n], TOKENS, IDS, [f"PC {k + 1}" for k in range(n)])
    return token_points(cloud, **({"kinds": KINDS, "legend": LEGEND} | more))


def named(figure: go.Figure, name: str) -> Any:
    (trace,) = [trace for trace in figure.data if trace.name == name]
    return trace


def test_every_kind_is_a_trace_with_its_own_colour_and_points() -> None:
    figure = points_figure(tokens())
    assert [trace.name for trace in figure.data] == ["vowel", "capital", "other"]
    vowels = named(figure, "vowel")
    assert (list(vowels.x), list(vowels.y)) == ([0, 6], [1, 7])
    assert list(vowels.customdata[:, 0]) == [10, 13]
    assert list(vowels.text) == ["a", "·"]
    assert vowels.marker.color == RUNS[0] and vowels.textfont.family == "monospace"
    assert named(figure, "other").marker.color == MASKED


def test_labels_are_escaped_in_a_plane_and_plain_in_space() -> None:
    flat, deep = (named(points_figure(tokens(n)), "other") for n in (2, 3))
    assert flat.text[0] == "&lt;s&gt;"
    assert deep.text[0] == "‹s>", "there plotly reads tags, yet prints entities as they stand"
    assert flat.customdata[0][1] == deep.customdata[0][1] == "&lt;s&gt;"


def test_space_has_three_axes() -> None:
    figure = points_figure(tokens(3, extent=extent(POINTS)))
    assert {trace.type for trace in figure.data} == {"scatter3d"}
    assert list(named(figure, "capital").z) == [9]
    axes = [figure.layout.scene[f"{axis}axis"] for axis in "xyz"]
    assert [axis.title.text for axis in axes] == ["PC 1", "PC 2", "PC 3"]
    low, high = axes[2].range
    assert low < 7 and high > 10


def test_counts_have_a_colour_bar() -> None:
    figure = points_figure(tokens(counts=np.array([1, 0, 1000, 100])))
    assert list(named(figure, "in the text").marker.color)[:2] == [WEIGHTS[0], WEIGHTS[-1]]
    bar = figure.data[-1].marker
    assert (bar.cmin, bar.cmax) == (0, 1)
    assert list(bar.colorbar.ticktext) == ["1", "10", "100", "1,000"]
    np.testing.assert_allclose(bar.colorbar.tickvals, [0, 1 / 3, 2 / 3, 1])


def test_the_chosen_token_has_a_ring_and_lines_to_its_nearest() -> None:
    figure = points_figure(tokens(chosen=12, near=[10, 99, 13]))
    ring, lines = named(figure, "chosen"), named(figure, "nearest")
    assert (list(ring.x), list(ring.y)) == ([4], [5])
    np.testing.assert_array_equal(lines.x, [4, 0, np.nan, 4, 6, np.nan])
    np.testing.assert_array_equal(lines.y, [5, 1, np.nan, 5, 7, np.nan])


def test_a_chosen_token_that_is_not_drawn_has_no_ring() -> None:
    assert len(points_figure(tokens(chosen=99)).data) == 3


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
    kinds = {"kinds": ["token"] * N, "legend": ["token"]}
    points = points_figure(token_points(many, **kinds, chosen=3, near=[7])).data[-1]
    assert points.type == kind
    assert sum(text != "" for text in points.text) == labelled
    assert len(points.x) == N


def test_queries_and_keys_in_their_colours() -> None:
    points = np.arange(6.0).reshape(3, 2)
    figure = points_figure(qk_points(points, -points, ["a", "<s>", " "], [0.75, 0.125]))
    queries, keys = figure.data
    assert (queries.name, queries.marker.color) == ("queries", QUERIES)
    assert (keys.name, keys.marker.color) == ("keys", KEYS)
    assert list(queries.x) == [0, 2, 4] and list(keys.y) == [-1, -3, -5]
    assert list(queries.text) == ["a", "&lt;s&gt;", "·"]
    assert keys.customdata[1][2] == "key 1"
    assert figure.layout.xaxis.title.text == "component 1: 75% of the variance"
    assert figure.layout.yaxis.title.text == "component 2: 12% of the variance"
