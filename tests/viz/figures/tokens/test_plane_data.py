"""Points in a plane as the browser gets them: each keeps its place, its words and its colour."""

from __future__ import annotations

import numpy as np
import pytest

from viz.colors import KEYS, MASKED, QUERIES, RUNS, WEIGHTS
from viz.figures.heads.qk_plane import qk_plane, qk_plane_data
from viz.figures.tokens.plane_data import Dots, extent_of, plane_data
from viz.figures.tokens.token_plane import token_plane
from viz.figures.tokens.token_scatter import Cloud, token_scatter

CLOUD = Cloud(np.array([[0.0, 1], [2, 3], [4, 5]]), ["a", "\n", "<b>"], np.array([7, 8, 9]), "xy")


def test_groups_keep_places_ids_and_plain_words() -> None:
    data = token_plane(
        CLOUD, kinds=["vowel", "other", "vowel"], legend=["vowel", "other"], chosen=8, near=[7]
    )
    vowels, other = data["dots"]
    assert (vowels["ids"], vowels["places"]) == ([7, 9], [[0, 1], [4, 5]])
    assert (vowels["texts"], other["texts"]) == (["a", "<b>"], ["↵"]), (
        "the browser never reads HTML"
    )
    assert (vowels["color"], other["color"]) == (RUNS[0], MASKED)
    assert (data["chosen"], data["near"], data["axes"]) == (8, [7], ["x", "y"])
    assert vowels["notes"][1] == "token 9, vowel"


def test_counts_have_the_scales_ends_and_their_ticks() -> None:
    data = token_plane(CLOUD, counts=np.array([1, 100, 0]))
    seen, never = data["dots"]
    assert seen["colors"] == [WEIGHTS[0], WEIGHTS[-1]] and never["color"] == MASKED
    assert data["bar"]["ticks"] == [[0.0, "1"], [0.5, "10"], [1.0, "100"]]


def test_what_is_drawn_is_what_the_figure_holds() -> None:
    counts = np.array([1, 30, 1000])
    data, figure = token_plane(CLOUD, counts=counts), token_scatter(CLOUD, counts=counts)
    (trace,) = figure.data
    np.testing.assert_allclose(np.array(data["dots"][0]["places"]), np.array([trace.x, trace.y]).T)
    # A third of the way on a logarithmic scale of three powers: 10^1.477 of 10^0 to 10^3.
    share = np.log10(30) / 3
    below, above = WEIGHTS[int(share * 16)], WEIGHTS[int(share * 16) + 1]
    red = int(data["dots"][0]["colors"][1][1:3], 16)
    assert sorted([int(below[1:3], 16), red, int(above[1:3], 16)])[1] == red


def test_of_many_tokens_only_the_chosen_and_its_neighbours_have_words() -> None:
    N = 200
    cloud = Cloud(np.zeros((N, 2)), ["a"] * N, np.arange(N), "xy")
    (dots,) = token_plane(cloud, chosen=5, near=[6, 9])["dots"]
    assert [id for id, on in enumerate(dots["labelled"]) if on] == [5, 6, 9]


def test_queries_and_keys_are_told_apart_by_colour_and_shape() -> None:
    queries, keys = np.array([[0.0, 1], [2, 3]]), np.array([[5.0, 6], [7, 8]])
    data = qk_plane_data(queries, keys, ["a", "b"], [0.6, 0.25])
    first, second = data["dots"]
    assert (first["color"], first["symbol"]) == (QUERIES, "circle")
    assert (second["color"], second["symbol"]) == (KEYS, "diamond")
    assert (first["places"], second["places"]) == (queries.tolist(), keys.tolist())
    assert data["axes"] == ["component 1: 60% of the variance", "component 2: 25% of the variance"]
    assert (
        data["axes"][0] == qk_plane(queries, keys, ["a", "b"], [0.6, 0.25]).layout.xaxis.title.text
    )
    with pytest.raises(ValueError, match="2 tokens"):
        qk_plane_data(queries[:1], keys, ["a", "b"], [0.6, 0.25])


def test_the_ends_leave_a_little_room_around_all_points() -> None:
    ends = extent_of([np.array([[0.0, 10]]), np.array([[100.0, 20]])])
    np.testing.assert_allclose(ends, [[-6, 106], [9.4, 20.6]])


def test_dots_need_a_word_for_each_point() -> None:
    with pytest.raises(ValueError, match="2 points need"):
        Dots("n", np.zeros((2, 2)), [0, 1], ["a"], ["", ""], "#000000")
    with pytest.raises(ValueError, match="two axes"):
        token_plane(Cloud(np.zeros((1, 3)), ["a"], np.array([0]), "xyz"))
    assert plane_data([Dots("n", np.zeros((1, 2)), [3], ["a"], [""], "#000000")], ("x", "y"))[
        "dots"
    ]
