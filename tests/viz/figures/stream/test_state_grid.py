"""The grid of the stream: which number a cell has, where it stands, and what a click finds."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from viz.colors import WEIGHTS, WEIGHTS_SCALE
from viz.figures.stream.state_grid import state_grid
from viz.state_shade import PROBABILITY, StateGrid, entropy_shade, length_shade, rank_shade
from viz.views.stream import ABSENT, NOT_A_NUMBER, grid_data, levels

TOKENS = ["a", "<s>", " "]
STATES = ["embedding", "L0 attention"]
VALUES = np.array([[0.25, 0.5, 0.75], [0.0, 1.0, np.nan]])
CELLS = [["x", "<", "\n"], ["p", "q", "r"]]


def grid(values: Any = VALUES, shade: Any = PROBABILITY, **more: Any) -> go.Figure:
    return state_grid(StateGrid(values, shade, TOKENS, STATES, **more))


def test_rows_are_states_from_the_top_and_columns_positions() -> None:
    figure = grid()
    np.testing.assert_array_equal(figure.data[0].z, VALUES)
    assert list(figure.layout.yaxis.range) == [1.5, -0.5]
    assert [text.strip() for text in figure.layout.yaxis.ticktext] == STATES
    assert list(figure.layout.xaxis.ticktext) == ["a", "&lt;s&gt;", "·"]


def test_colours_have_fixed_ends() -> None:
    trace = grid().data[0]
    assert (trace.zmin, trace.zmax) == (0, 1)
    assert [tuple(stop) for stop in trace.colorscale] == WEIGHTS_SCALE
    assert list(trace.colorbar.ticktext) == ["0", "0.5", "1"]  # 68 px: 0.1 would lie on 0


def test_a_high_bar_of_colours_has_all_numbers() -> None:
    """Five rows of 34 px are 170 px high, so that 0.1 stands 17 px above 0."""
    states = [f"state {n}" for n in range(5)]
    trace = state_grid(StateGrid(np.full((5, 3), 0.5), PROBABILITY, TOKENS, states)).data[0]
    assert list(trace.colorbar.ticktext) == ["0", "0.1", "0.5", "1"]


def test_a_rank_is_placed_by_its_logarithm_and_the_first_is_the_lightest() -> None:
    trace = grid(np.array([[1, 10, 100], [2, 65, 1]]), rank_shade(65)).data[0]
    np.testing.assert_allclose(trace.z[0], [0, 1 / math.log10(65), 2 / math.log10(65)])
    assert (trace.zmin, trace.zmax) == (0, 1)
    assert trace.colorscale[0][1] == WEIGHTS[-1]
    assert list(trace.colorbar.ticktext) == ["1", "10", "65"]


def test_other_shades() -> None:
    assert entropy_shade(65).high == math.log(65) and entropy_shade(65).scale[0][1] == WEIGHTS[-1]
    assert length_shade(7.5).high == 7.5 and length_shade(0).high == 1


def test_a_cell_without_a_number_is_grey() -> None:
    absent = grid().data[1]
    np.testing.assert_array_equal(np.argwhere(~np.isnan(absent.z)), [[1, 2]])
    assert absent.showscale is False


def test_words_are_printed_where_they_fit_dark_on_light_cells() -> None:
    on_light, on_dark = grid(cells=CELLS).data[2:4]
    assert on_light.textfont.color == "#000000" and on_dark.textfont.color == "#ffffff"
    assert dict(zip(zip(on_light.x, on_light.y, strict=True), on_light.text, strict=True)) == {
        (1, 0): "&lt;",
        (2, 0): "↵",
        (1, 1): "q",
    }
    assert sorted(on_dark.text) == ["p", "r", "x"]
    long = [["x" * 80] * 3] * 2
    assert len(grid(cells=long).data) == len(grid().data)


def test_a_hover_names_state_and_position_and_is_escaped() -> None:
    notes = [["n0", "n1", "n2"], ["n3", "<b>\nn4", "n5"]]
    told = grid(notes=notes).data[0].customdata
    assert told[1][1] == "<b>L0 attention</b>, position 1 &lt;s&gt;<br>&lt;b&gt;<br>n4"
    assert grid().data[0].customdata[0][1].endswith("<br>probability 0.5000")
    assert grid().data[0].customdata[1][2].endswith("<br>no number")


def test_the_true_next_tokens_stand_below() -> None:
    figure = grid(following=["<s>", " ", ""])
    assert list(figure.layout.xaxis2.ticktext) == ["&lt;s&gt;", "·", ""]
    assert figure.layout.xaxis2.side == "bottom" and figure.layout.xaxis.side == "top"
    assert figure.data[-1].xaxis == "x2"


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"values must be \(2, 3\).* got \(3, 2\)"):
        grid(VALUES.T)


def test_one_token() -> None:
    figure = state_grid(StateGrid(np.ones((2, 1)), PROBABILITY, ["a"], STATES, [["b"], ["c"]]))
    assert figure.data[0].z.shape == (2, 1)


# -- the same grid as the browser draws it -----------------------------------------------------


def test_the_browser_gets_places_on_the_scale_and_words() -> None:
    words = {"cells": CELLS, "following": ["<s>", " ", ""]}
    data = grid_data(StateGrid(VALUES, PROBABILITY, TOKENS, STATES, **words))
    assert data["levels"] == [64, 128, 191, 0, 255, ABSENT]
    assert data["cells"] == ["x", "<", "↵", "p", "q", "r"]
    assert data["tokens"] == ["a", "<s>", "·"] and data["following"] == ["<s>", "·", ""]
    assert data["notes"][1] == "probability 0.5000" and data["notes"][5] == "no number"
    assert data["rowHeight"] == 34  # so that 0.1 would lie on 0
    assert data["bar"]["ticks"] == [[0.0, "0"], [0.5, "0.5"], [1.0, "1"]]
    json.dumps(data)


def test_its_colours_are_those_of_the_figure() -> None:
    of = StateGrid(VALUES, PROBABILITY, TOKENS, STATES)
    scale = [tuple(stop) for stop in grid_data(of)["scale"]]
    assert scale == [tuple(stop) for stop in state_grid(of).data[0].colorscale] == WEIGHTS_SCALE


def test_what_is_no_number_is_told_apart() -> None:
    found = levels(StateGrid(np.array([[np.nan, np.inf, 2.0, 0.0]]), PROBABILITY, "abcd", ["s"]))
    assert found.tolist() == [[ABSENT, NOT_A_NUMBER, 255, 0]]
    ranks = StateGrid(np.array([[1, 65]]), rank_shade(65), "ab", ["s"])
    assert levels(ranks).tolist() == [[0, 255]]
