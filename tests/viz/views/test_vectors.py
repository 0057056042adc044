"""Vectors and rankings as the browser gets them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.payloads import decode
from viz.colors import VALUES
from viz.token_ranking import ranked
from viz.views.ranking import ranking_data
from viz.views.vectors import vectors_payload


def test_every_version_travels_as_float32_with_its_scale() -> None:
    before = np.arange(15, dtype=np.float32).reshape(3, 5)
    data = vectors_payload({"before": before, "after": -before}, ["a", "\n", "c"], [7.5, 3.0], 11)
    header, arrays = decode(data)
    np.testing.assert_array_equal(arrays["v0"], before)
    np.testing.assert_array_equal(arrays["v1"], -before)
    assert (header["names"], header["limits"]) == (["before", "after"], [7.5, 3.0])
    assert (header["tokens"], header["first"], header["channels"]) == (["a", "↵", "c"], 11, 5)


def test_versions_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="as many rows"):
        vectors_payload({"a": np.zeros((2, 3)), "b": np.zeros((2, 4))}, ["x", "y"], [1, 1])
    with pytest.raises(ValueError, match="as many rows"):
        vectors_payload({"a": np.zeros((2, 3))}, ["x"], [1])


def test_a_ranking_marks_the_truth_and_prints_shares() -> None:
    tokens = ranked(np.array([0.75, 0.00001]), ["a", " "], 1)
    data = ranking_data(tokens, "next", "way", {"n": ["1"], "m": ["2"]})
    first, second = data["bars"]
    assert (first["piece"], first["text"], first["is_true"]) == ("a", "75.00%", False)
    assert (second["piece"], second["text"], second["color"]) == ("·", "<0.01%", VALUES)
    assert (data["columns"], data["rows"]) == (["n", "m"], [["1", "2"]])
    with pytest.raises(ValueError, match="as many pieces"):
        ranked(np.array([1.0]), [])
