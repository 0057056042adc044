"""The figures of the scale: the numbers they were given, on the lines that theory gives."""

from __future__ import annotations

import numpy as np
import pytest

from viz.figures.heads.head_scores import HeadNumbers, head_numbers
from viz.figures.heads.sharpness import (
    gradient_against_factor,
    softmax_bars,
    variance_against_head_size,
)
from viz.figures.predictions.next_probs import next_probs


def test_measured_variances_lie_beside_theorys_lines() -> None:
    sizes = np.array([1, 2, 4])
    figure = variance_against_head_size(sizes, np.array([1.1, 2.1, 3.9]), np.array([0.9, 1, 1.1]))
    lines = {trace.name: list(trace.y) for trace in figure.data}
    assert lines == {
        "q · k: theory": [1, 2, 4],
        "q · k": [1.1, 2.1, 3.9],
        "q · k / √D: theory": [1, 1, 1],
        "q · k / √D": [0.9, 1, 1.1],
    }
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"


def test_every_bar_has_its_number() -> None:
    figure = softmax_bars((0.5, -0.2), np.array([[0.66819, 0.33181], [0.9, 0.1]]), (1, 8))
    assert [list(bar.text) for bar in figure.data] == [["0.6682", "0.3318"], ["0.9000", "0.1000"]]
    assert [bar.name for bar in figure.data] == ["× 1", "× 8"]
    assert list(figure.layout.xaxis.ticktext) == ["0.5", "−0.2"]


def test_the_chosen_factor_is_marked_on_the_curve() -> None:
    figure = gradient_against_factor(np.array([0.0, 1, 2]), np.array([0.4, 0.3, 0.2]), 1.0, 0.3)
    curve, point = figure.data
    assert list(curve.y) == [0.4, 0.3, 0.2]
    assert (point.x[0], point.y[0], point.text[0]) == (1.0, 0.3, "0.3000")


def test_one_number_a_head_is_printed_where_it_fits() -> None:
    values = np.array([[0.12346, 12.3], [277.0, 0.0]])
    figure = head_numbers({"a": HeadNumbers(values, 300.0), "b": HeadNumbers(values / 2, 1.0)})
    assert [list(row) for row in figure.data[0].text] == [["0.1235", "12.30"], ["277.0", "0.0000"]]
    assert np.array_equal(figure.data[1].z, values / 2)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 300)
    wide = head_numbers({"a": HeadNumbers(np.ones((2, 12)), 1.0)})
    assert wide.data[0].texttemplate is None  # then the hover tells
    with pytest.raises(ValueError, match="one number a head"):
        head_numbers({"a": HeadNumbers(values, 1.0), "b": HeadNumbers(np.ones((3, 2)), 1.0)})


def test_probabilities_stand_at_the_token_they_are_of() -> None:
    probs = {"A": np.array([0.1, 0.9]), "B": np.array([0.2, 0.3])}
    figure = next_probs(probs, ["a", "<", "a"], np.array([False, True]))
    assert [list(line.x) for line in figure.data] == [[1, 2], [1, 2]]
    assert list(figure.data[1].y) == [0.2, 0.3]
    assert figure.data[0].customdata[0] == "&lt;"
    (band,) = figure.layout.shapes
    assert (band.x0, band.x1) == (1.5, 2.5)  # around token 2
    with pytest.raises(ValueError, match="3 tokens make 2 predictions"):
        next_probs({"A": np.ones(3)}, ["a", "b", "c"], np.ones(2, bool))
