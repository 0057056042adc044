"""Small maps of a number for every head: what is drawn is what was given."""

from __future__ import annotations

import numpy as np
import pytest

from viz.figures.heads.head_scores import head_scores

SCORES = {"a < b": np.array([[0.1, 0.9, 0.2]]), "c": np.array([[0.5, np.nan, 1.0]])}


def test_one_map_a_score_on_the_fixed_scale() -> None:
    figure = head_scores(SCORES)
    first, second = figure.data
    np.testing.assert_array_equal(first.z, SCORES["a < b"])
    assert (first.zmin, first.zmax, second.zmin, second.zmax) == (0, 1, 0, 1)
    assert [note.text for note in figure.layout.annotations] == ["a &lt; b", "c"]
    assert second.customdata[0] == ("0.5000", "not measured", "1.0000") or list(
        second.customdata[0]
    ) == ["0.5000", "not measured", "1.0000"]


def test_signed_maps_have_each_its_own_ends_and_say_so() -> None:
    figure = head_scores({"x": np.array([[-2.0, 1.0]]), "y": np.array([[0.1, 0.3]])}, "signed")
    assert [(m.zmin, m.zmax) for m in figure.data] == [(-2, 2), (-0.3, 0.3)]
    assert [note.text for note in figure.layout.annotations] == ["x  ±2", "y  ±0.3"]


def test_the_first_layer_is_on_top_and_numbers_are_printed_where_there_is_room() -> None:
    small, large = head_scores({"x": np.eye(4)}), head_scores({"x": np.eye(12)})
    assert small.layout.yaxis.range == (3.5, -0.5)
    assert list(small.data[0].text[0]) == ["1.00", "0.00", "0.00", "0.00"]
    assert small.data[0].texttemplate == "%{text}" and large.data[0].texttemplate is None


def test_maps_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match="of one shape"):
        head_scores({"a": np.eye(2), "b": np.eye(3)})
