"""Points in a plane as the browser gets them: each keeps its place, its words and its colour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from viz.colors import KEYS, MASKED, QUERIES, RUNS, WEIGHTS
from viz.point_picture import Dots, PointPicture, extent, plane_data
from viz.qk_points import qk_points
from viz.token_points import Cloud, token_points

CLOUD = Cloud(np.array([[0.0, 1], [2, 3], [4, 5]]), ["a", "\n", "<b>"], np.array([7, 8, 9]), "xy")


def sent(cloud: Cloud = CLOUD, **more: Any) -> dict[str, Any]:
    of_one_kind = {"kinds": ["token"] * len(cloud.tokens), "legend": ["token"]}
    return plane_data(token_points(cloud, **{**of_one_kind, **more}))


def test_groups_keep_places_ids_and_plain_words() -> None:
    kinds, legend = ["vowel", "other", "vowel"], ["vowel", "other"]
    data = sent(kinds=kinds, legend=legend, chosen=8, near=[7])
    vowels, other = data["dots"]
    assert (vowels["ids"], vowels["places"]) == ([7, 9], [[0, 1], [4, 5]])
    assert (vowels["texts"], other["texts"]) == (["a", "<b>"], ["↵"]), (
        "the browser never reads HTML"
    )
    assert (vowels["color"], other["color"]) == (RUNS[0], MASKED)
    assert (data["chosen"], data["near"], data["axes"]) == (8, [7], ["x", "y"])
    assert vowels["notes"][1] == "token 9, vowel"


def test_a_kinds_place_in_the_legend_decides_its_colour() -> None:
    (dots,) = sent(kinds=["capital"] * 3, legend=["vowel", "consonant", "capital"])["dots"]
    assert dots["color"] == RUNS[2]


def test_counts_have_the_scales_ends_and_their_ticks() -> None:
    data = sent(counts=np.array([1, 100, 0]))
    seen, never = data["dots"]
    assert seen["colors"] == [WEIGHTS[0], WEIGHTS[-1]] and never["color"] == MASKED
    assert seen["notes"][1] == "token 8, 100 times"
    assert data["bar"]["ticks"] == [[0.0, "1"], [0.5, "10"], [1.0, "100"]]


def test_between_two_counts_the_colour_follows_the_logarithm() -> None:
    # A third of the way on a logarithmic scale of three powers: 10^1.477 of 10^0 to 10^3.
    share = np.log10(30) / 3
    below, above = WEIGHTS[int(share * 16)], WEIGHTS[int(share * 16) + 1]
    red = int(sent(counts=np.array([1, 30, 1000]))["dots"][0]["colors"][1][1:3], 16)
    assert sorted([int(below[1:3], 16), red, int(above[1:3], 16)])[1] == red


def test_of_many_tokens_only_the_chosen_and_its_neighbours_have_words() -> None:
    N = 200
    cloud = Cloud(np.zeros((N, 2)), ["a"] * N, np.arange(N), "xy")
    (dots,) = sent(cloud, chosen=5, near=[6, 9])["dots"]
    assert [id for id, on in enumerate(dots["labelled"]) if on] == [5, 6, 9]


def test_queries_and_keys_are_told_apart_by_colour_and_shape() -> None:
    queries, keys = np.array([[0.0, 1], [2, 3]]), np.array([[5.0, 6], [7, 8]])
    data = plane_data(qk_points(queries, keys, ["a", "b"], [0.6, 0.25]))
    first, second = data["dots"]
    assert (first["color"], first["symbol"]) == (QUERIES, "circle")
    assert (second["color"], second["symbol"]) == (KEYS, "diamond")
    assert (first["places"], second["places"]) == (queries.tolist(), keys.tolist())
    assert data["axes"] == ["component 1: 60% of the variance", "component 2: 25% of the variance"]
    with pytest.raises(ValueError, match="2 tokens"):
        qk_points(queries[:1], keys, ["a", "b"], [0.6, 0.25])


def test_keys_may_be_of_another_text() -> None:
    picture = qk_points(np.zeros((2, 2)), np.ones((3, 2)), "ab", [0.6, 0.25], key_tokens="xyz")
    assert [list(dots.texts) for dots in picture.dots] == [["a", "b"], ["x", "y", "z"]]
    with pytest.raises(ValueError, match=r"queries must be \(2, 2\), keys \(3, 2\)"):
        qk_points(np.zeros((2, 2)), np.ones((2, 2)), "ab", [0.6, 0.25], key_tokens="xyz")


def test_the_ends_leave_a_little_room_around_all_points() -> None:
    ends = extent(np.array([[0.0, 10]]), np.array([[100.0, 20]]))
    np.testing.assert_allclose(ends, [[-6, 106], [9.4, 20.6]])
    assert (np.diff(extent(np.ones((2, 2)))) > 0).all(), "one place still has an axis"


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match="2 points need"):
        Dots("n", np.zeros((2, 2)), [0, 1], ["a"], ["", ""], "#000000")
    with pytest.raises(ValueError, match="two axes"):
        sent(Cloud(np.zeros((1, 3)), ["a"], np.array([0]), "xyz"))
    with pytest.raises(ValueError, match=r"\(3, 2\) or \(3, 3\) and ids \(3,\).*got \(2, 2\)"):
        Cloud(CLOUD.points[:2], CLOUD.tokens, CLOUD.ids, CLOUD.axes)


def test_one_point_is_a_picture() -> None:
    picture = PointPicture([Dots("n", np.zeros((1, 2)), [3], ["a"], [""], "#000000")], ("x", "y"))
    assert plane_data(picture)["dots"][0]["ids"] == [3]
