"""The figures of the Normalization page: their numbers, their places, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from viz.figures.stream.gain_bias import gain_bias
from viz.figures.stream.normalized import Line, normalized
from viz.figures.stream.token_moments import token_moments
from viz.figures.stream.vector_lines import spreads

X = np.array([[1.0, 2.0, 3.0], [-4.0, 0.001, -0.001]])


def test_numbers_and_moments_stand_beside_and_below() -> None:
    figure = normalized({"before": X})
    cells, rows, columns = (trace for trace in figure.data if trace.type == "scatter")
    assert list(cells.text) == ["1.00", "2.00", "3.00", "−4.00", "0.00", "0.00"]
    assert list(rows.text) == ["2.00", "0.82", "−1.33", "1.89"]
    assert list(columns.text) == ["−1.50", "1.00", "1.50", "2.50", "1.00", "1.50"]
    assert min(rows.x) > max(cells.x) and min(columns.y) > max(cells.y)
    assert list(columns.x[:3]) == list(cells.x[:3]) and list(rows.y[::2]) == list(cells.y[::3])


def test_the_first_has_a_scale_of_its_own_the_others_three_deviations() -> None:
    maps = [t for t in normalized({"a": X, "b": X, "c": X}).data if t.type == "heatmap"]
    assert [(m.zmin, m.zmax) for m in maps] == [(-4, 4), (-3, 3), (-3, 3)]
    ends = [(min(m.x), max(m.x)) for m in maps]
    assert ends[0][1] + 2 < ends[1][0] and ends[1][1] + 2 < ends[2][0]


def test_the_frame_is_around_the_line_and_only_where_asked() -> None:
    figure = normalized({"a": X, "b": X}, Line("column", 2), framed=["b"])
    (frame,) = figure.layout.shapes
    second = [trace for trace in figure.data if trace.type == "heatmap"][1]
    assert frame.x0 < second.x[2] < frame.x1 and frame.x1 - frame.x0 == pytest.approx(1)
    assert frame.y0 == 0 and frame.y1 > 3
    (frame,) = normalized({"a": X}, Line("row", 1), framed=["a"]).layout.shapes
    assert (frame.y0, frame.y1) == (1, 2)


def test_a_title_cannot_be_read_as_html() -> None:
    notes = [note.text for note in normalized({"<s>": X}).layout.annotations]
    assert "<b>&lt;s&gt;</b>" in notes


def test_matrices_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="must have one shape"):
        normalized({"a": X, "b": X.T})


def test_spreads_stand_in_the_middle_of_their_bins() -> None:
    edges = np.array([0.0, 2.0, 4.0])
    first, second = spreads(edges, {"a": np.array([3, 1]), "b": np.array([0, 4])}).data
    assert list(first.x) == [1, 3] and list(first.y) == [3, 1] and list(second.y) == [0, 4]
    with pytest.raises(ValueError, match="3 bins need one edge more, got 3"):
        spreads(edges, {"a": np.zeros(3, int)})


def test_means_above_deviations_below_and_tokens_escaped() -> None:
    moments = (np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    figure = token_moments({"before": moments}, ["<b>", " "], chosen=1)
    mean, std = figure.data
    assert (list(mean.y), mean.yaxis) == ([1, 2], "y") and (list(std.y), std.yaxis) == (
        [3, 4],
        "y2",
    )
    assert list(figure.layout.xaxis2.ticktext) == ["&lt;b&gt;", "·"]
    assert {shape.x0 for shape in figure.layout.shapes} == {1}
    with pytest.raises(ValueError, match="2 numbers need as many tokens, got 1"):
        token_moments({"before": moments}, ["a"])


def test_gain_and_bias_beside_where_they_began() -> None:
    gain, ones, zeros = np.array([0.5, 2.0]), np.ones(2), np.zeros(2)
    figure = gain_bias(gain, ones, -gain, zeros)
    assert [list(trace.y) for trace in figure.data] == [[0.5, 2], [1, 1], [-0.5, -2], [0, 0]]
    assert [trace.xaxis for trace in figure.data] == ["x", "x", "x2", "x2"]
    assert len(gain_bias(gain, ones, None, None).data) == 2
    with pytest.raises(ValueError, match="2 channels began as 3"):
        gain_bias(gain, np.ones(3), None, None)
