"""A batch and its targets, as the browser is told of them."""

from __future__ import annotations

import numpy as np
import pytest

from viz.views.batch import NO_ROW, Blocks, blocks_data

X, Y = np.array([[5, 0]]), np.array([[0, -1]])


def test_each_cell_is_told_with_its_piece() -> None:
    told = blocks_data(Blocks(np.array([[5, 0]]), np.array([[0, 5]]), {0: "\n", 5: " a"}), 0)
    assert told["x"] == [[[5, "·a", -1, True], [0, "↵", -1, True]]]
    assert told["y"] == [[[0, "↵", -1, True], [5, "·a", -1, True]]]
    assert told["row"] == 0


def test_a_place_without_a_target_counts_in_neither_table() -> None:
    documents = np.array([[7, -1]])
    told = blocks_data(Blocks(X, Y, {0: "\n", 5: "a"}, documents, documents))
    assert told["x"] == [[[5, "a", 7, True], [0, "", -1, False]]]
    assert told["y"] == [[[0, "↵", 7, True], [-1, "", -1, False]]]
    assert told["row"] == NO_ROW


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match=r"all be \(B, T\)"):
        Blocks(X, Y[:, :1], {})
    with pytest.raises(ValueError, match=r"all be \(B, T\)"):
        Blocks(X, Y, {}, np.array([[0]]))
