"""The pictures of tables: cosines, rankings, channels, and the sum of token and position."""

from __future__ import annotations

import numpy as np
import pytest

from viz.colors import INVALID, MASKED
from viz.figures.tokens.channels import channel_map
from viz.figures.tokens.embedding_sum import NAMES, Sum, embedding_sum
from viz.figures.tokens.rank_bars import rank_bars
from viz.figures.tokens.similarity import similarity_matrix

COSINES = np.array([[1.0, -0.5], [-0.5, 1.0]])


def test_cosines_have_a_fixed_scale_and_escaped_names() -> None:
    figure = similarity_matrix(COSINES, ["<s>", "a"], title="<b>")
    (cells,) = figure.data
    np.testing.assert_array_equal(cells.z, COSINES)
    assert (cells.zmin, cells.zmax) == (-1, 1)
    assert list(figure.layout.xaxis.ticktext) == ["&lt;s&gt;", "a"]
    assert cells.text[0][1] == "&lt;s&gt; and a"
    assert list(figure.layout.yaxis.range) == [1.5, -0.5]
    assert figure.layout.title.text == "&lt;b&gt;"


def test_positions_are_told_by_their_own_numbers() -> None:
    figure = similarity_matrix(COSINES, positions=np.array([0, 4]))
    assert list(figure.layout.xaxis.ticktext) == ["0", "4"]


def test_where_there_is_no_cosine_it_is_grey() -> None:
    numbers, none = similarity_matrix(np.array([[1.0, np.nan], [np.nan, np.nan]])).data
    np.testing.assert_array_equal(np.isnan(none.z), [[True, False], [False, False]])
    assert none.colorscale[0][1] == MASKED
    assert np.isnan(numbers.z[0, 1])


def test_a_matrix_that_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match=r"\(N, N\) with N names, got \(2, 2\)"):
        similarity_matrix(COSINES, ["a"])


def test_a_ranking_prints_its_numbers_in_order() -> None:
    figure = rank_bars(["b", "<s>", "z"], np.array([0.51239, -0.25, np.nan]), np.array([7, 3, 5]))
    bars, numbers = figure.data
    assert [text.strip() for text in numbers.text] == ["0.5124", "−0.2500", "–"]
    np.testing.assert_allclose(bars.x, [0.51239, -0.25, 0])
    assert [row[0] for row in bars.customdata] == [7, 3, 5]
    assert list(figure.layout.yaxis.ticktext) == ["b ", "&lt;s&gt; ", "z "]
    assert list(figure.layout.yaxis.range) == [2.5, -0.5]
    assert figure.layout.xaxis.range[0] == -0.25


def test_an_empty_ranking_is_a_figure() -> None:
    assert list(rank_bars([], np.array([]), np.array([], dtype=int)).data[1].text) == []
    with pytest.raises(ValueError, match="for each of 1 tokens are needed, got 2 and 1"):
        rank_bars(["a"], np.zeros(2), np.zeros(1, dtype=int))


def test_a_table_is_symmetric_about_zero_with_the_first_row_on_top() -> None:
    figure = channel_map(np.array([[1.0, -3.0, 2.0], [0.0, 1.0, 2.0]]), positions=np.array([0, 8]))
    (cells,) = figure.data
    assert (cells.zmin, cells.zmax) == (-3, 3)
    assert list(cells.y) == [0, 8]
    assert list(figure.layout.yaxis.range) == [8.5, -0.5]
    assert channel_map(np.zeros((2, 2)), limit=0.5).data[0].zmax == 0.5
    assert channel_map(np.zeros((2, 2))).data[0].zmax == 0.001


def test_what_is_not_a_number_is_seen() -> None:
    numbers, invalid = channel_map(np.array([[1.0, np.inf], [np.nan, -2.0]])).data
    assert numbers.zmax == 2
    np.testing.assert_array_equal(np.isnan(invalid.z), [[True, False], [False, True]])
    assert invalid.colorscale[0][1] == INVALID
    with pytest.raises(ValueError, match=r"\(N, C\), got \(3,\)"):
        channel_map(np.zeros(3))


def test_rows_have_their_tokens_and_a_number_can_be_pointed_at() -> None:
    figure = channel_map(
        np.eye(2, 3), limit=3, positions=np.array([10, 11]), tokens=["<a>", "b"], pointed=(11, 2)
    )
    heat, row, column = figure.data
    assert (list(heat.y), heat.zmin, heat.zmax) == ([10, 11], -3, 3)
    assert list(figure.layout.yaxis.range) == [11.5, 9.5]
    assert list(figure.layout.yaxis.tickvals) == [10, 11]
    assert list(figure.layout.yaxis.ticktext) == ["&lt;a&gt;", "b"]
    assert (row.x[0], row.y[0], column.x[0], column.y[0]) == (-0.5, 11, 2, 9.5)
    with pytest.raises(ValueError, match="2 rows need as many tokens, got 1"):
        channel_map(np.eye(2), tokens=["a"])


TOKEN = np.array([[0.5, -1.0, 0.25], [2.0, 0.0, 1.0]])
POSITION = np.array([[0.25, 0.5, 0.0], [-4.0, 1.0, 1.0]])


def added() -> Sum:
    norms = np.linalg.norm([TOKEN, POSITION, TOKEN + POSITION], axis=-1)
    return Sum(TOKEN, POSITION, TOKEN + POSITION, norms, ["<s>", "a"])


def test_the_three_maps_share_scale_and_rows() -> None:
    figure = embedding_sum(added())
    maps, norms = figure.data[:3], figure.data[3:]
    assert [trace.name for trace in maps] == [trace.name for trace in norms] == list(NAMES)
    for trace, values in zip(maps, (TOKEN, POSITION, TOKEN + POSITION), strict=True):
        np.testing.assert_array_equal(trace.z, values)
        assert (trace.zmin, trace.zmax) == (-4, 4)
    np.testing.assert_allclose(norms[0].x, [np.sqrt(1.3125), np.sqrt(5)])
    assert {trace.yaxis for trace in figure.data} == {None}, "one axis of positions"
    assert [trace.xaxis for trace in figure.data] == ["x", "x2", "x3", "x4", "x4", "x4"]
    assert figure.layout.xaxis2.matches == figure.layout.xaxis3.matches == "x"


def test_the_total_tells_its_parts() -> None:
    total = embedding_sum(added()).data[2]
    np.testing.assert_array_equal(total.customdata[1, 0], [2.0, -4.0])
    assert "%{customdata[0]:.4f} + %{customdata[1]:.4f} = <b>%{z:.4f}</b>" in total.hovertemplate


def test_the_chosen_position_is_framed() -> None:
    (frame,) = embedding_sum(added(), chosen=1).layout.shapes
    assert (frame.y0, frame.y1, frame.xref) == (0.5, 1.5, "paper")
    assert embedding_sum(added()).layout.shapes == ()


def test_the_signs_of_the_sum_stand_between_the_maps() -> None:
    layout = embedding_sum(added()).layout
    place = {note.text: note.x for note in layout.annotations}
    assert layout.xaxis.domain[1] < place["+"] < layout.xaxis2.domain[0]
    assert layout.xaxis2.domain[1] < place["="] < layout.xaxis3.domain[0]
    assert list(layout.yaxis.ticktext) == ["&lt;s&gt; ", "a "]


def test_sums_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"three maps of \(1, C\) and norms of \(3, 1\)"):
        Sum(TOKEN, POSITION, TOKEN, np.zeros((3, 2)), ["a"])
