"""Where the parameters are, and how one tensor's numbers are spread: read off the figures."""

from __future__ import annotations

import numpy as np
import pytest

from viz.figures.runs.number_histogram import number_histogram
from viz.figures.runs.parameter_bars import FADED, parameter_bars

COUNTS = np.array([[5, 0, 0], [0, 7, 3], [0, 0, 0]])


def test_each_kind_is_a_layer_of_the_bars() -> None:
    figure = parameter_bars(["wte", "h.0", "<i>"], ["words", "attention", "none"], COUNTS)
    assert [trace.name for trace in figure.data] == ["words", "attention"]
    assert list(figure.data[1].y) == [0, 7, 3]
    assert [place[0] for place in figure.data[0].customdata] == ["wte", "h.0", "<i>"]
    assert figure.layout.xaxis.ticktext[2] == "&lt;i&gt;"
    assert figure.layout.barmode == "stack"


def test_a_kind_without_bars_takes_no_colour() -> None:
    kinds = [f"kind {n}" for n in range(8)]
    counts = np.zeros((8, 1), dtype=int)
    counts[[0, 1, 3, 5, 6, 7]] = 1
    colors = [trace.marker.color for trace in parameter_bars(["all"], kinds, counts).data]
    assert len(set(colors)) == len(colors) == 6


def test_the_chosen_part_stands_out() -> None:
    figure = parameter_bars(["a", "b", "c"], ["x", "y", "z"], COUNTS, chosen="b")
    assert list(figure.data[0].marker.opacity) == [FADED, 1.0, FADED]


def test_shapes_have_to_fit() -> None:
    with pytest.raises(ValueError, match="counts of 1 kinds × 3 parts"):
        parameter_bars(["a", "b", "c"], ["x"], COUNTS)
    with pytest.raises(ValueError, match="2 bins need one edge more"):
        number_histogram(np.array([0.0, 1.0]), np.array([1, 2]))


def test_bins_stand_where_they_are() -> None:
    figure = number_histogram(np.array([-2.0, 0.0, 2.0]), np.array([3, 9]))
    assert list(figure.data[0].x) == [-1.0, 1.0]
    assert list(figure.data[0].y) == [3, 9]
    assert list(figure.layout.xaxis.range) == [-2.0, 2.0]
