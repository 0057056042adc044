"""Matrices in a row: their numbers, their colours and their places."""

from __future__ import annotations

import numpy as np
import pytest

from viz.colors import WEIGHTS_SCALE
from viz.figures.equation import Matrix, equation

X = np.array([[2.0, 7.0], [6.0, 4.25]])


def test_numbers_stand_in_their_cells() -> None:
    figure = equation([Matrix("x", X)])
    texts = figure.data[-1]
    assert list(texts.text) == ["2", "7", "6", "4.25"]
    assert list(texts.x) == [0.5, 1.5, 0.5, 1.5] and list(texts.y) == [0.5, 0.5, 1.5, 1.5]


def test_matrices_do_not_touch() -> None:
    first, _, second, _ = equation([Matrix("a", X), "@", Matrix("b", X)]).data
    assert max(first.x) + 0.5 < min(second.x) - 0.5


def test_masked_cells_say_so_and_have_no_colour_of_a_number() -> None:
    values = np.array([[0.0, -np.inf], [1.0, -2.0]])
    numbers, masked, texts = equation([Matrix("masked", values, "signed")]).data
    assert list(texts.text) == ["0", "masked", "1", "−2"]
    assert np.isnan(numbers.z[0][1]) and np.isnan(masked.z).sum() == 3
    assert (numbers.zmin, numbers.zmax) == (-2.0, 2.0)


def test_weights_are_coloured_from_0_to_1() -> None:
    numbers, _ = equation([Matrix("weights", X / 100, "weights")]).data
    assert (numbers.zmin, numbers.zmax) == (0.0, 1.0)
    assert [tuple(stop) for stop in numbers.colorscale] == WEIGHTS_SCALE


def test_ink_can_be_read_on_every_colour() -> None:
    values = np.array([[0.0, 1.0]])
    assert list(equation([Matrix("w", values, "weights")]).data[-1].textfont.color) == [
        "#ffffff",
        "#000000",
    ]


def test_a_small_negative_number_is_not_minus_zero() -> None:
    assert list(equation([Matrix("x", np.array([[-0.001]]))]).data[-1].text) == ["0.00"]


def test_labels_cannot_be_read_as_html() -> None:
    figure = equation([Matrix("<b>", X, rows=["<s>", " "])])
    notes = [note.text for note in figure.layout.annotations]
    assert notes == ["&lt;s&gt;", "·", "&lt;b&gt;<br>2 × 2"]


def test_a_matrix_too_large_to_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 16 rows and columns"):
        Matrix("x", np.zeros((17, 2)))
