"""Embeddings: cosines, neighbours and sums of rows, worked out by hand on four tokens."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gpt.errors import PromptError
from gpt.inspect.tokens.embedding_tables import (
    analogy,
    cosines,
    neighbours,
    rotations,
    similarity,
    tables,
)
from gpt.nn.positions import rotate
from tests.gpt import tiny

# Directions at 0, 90, 45 and 180 degrees, of different lengths: a cosine must not see those.
TABLE = np.array([[1, 0], [0, 2], [3, 3], [-4, 0]], dtype=np.float32)
HALF = np.sqrt(0.5)


def test_similarity_is_the_cosine_of_the_angle() -> None:
    expected = [[1, 0, HALF, -1], [0, 1, HALF, 0], [HALF, HALF, 1, -HALF], [-1, 0, -HALF, 1]]
    np.testing.assert_allclose(similarity(TABLE), expected, atol=1e-12)
    np.testing.assert_allclose(cosines(TABLE, TABLE[2]), expected[2], atol=1e-12)


def test_similarity_stays_within_one() -> None:
    rows = np.random.default_rng(2).normal(size=(50, 7))
    assert similarity(np.vstack([rows, 3 * rows, -rows])).max() <= 1
    assert similarity(np.vstack([rows, 3 * rows, -rows])).min() >= -1


def test_neighbours_are_ranked_and_leave_the_token_out() -> None:
    found = neighbours(TABLE, 0, k=9)
    assert found.ids.tolist() == [2, 1, 3]
    np.testing.assert_allclose(found.cosines, [HALF, 0, -1], atol=1e-12)
    assert neighbours(TABLE, 0, k=2).ids.tolist() == [2, 1]


def test_a_row_of_zeros_has_no_direction_and_comes_last() -> None:
    table = np.vstack([TABLE, np.zeros((1, 2), np.float32)])
    found = neighbours(table, 0, k=9)
    assert found.ids.tolist() == [2, 1, 3, 4]
    assert np.isnan(found.cosines[-1])


def test_analogy_is_a_minus_b_plus_c_without_the_three() -> None:
    # (1, 0) − (3, 3) + (0, 2) = (−2, −1): against (−4, 0), the only one left, 8 / (√5 · 4).
    found = analogy(TABLE, 0, 2, 1, k=9)
    assert found.ids.tolist() == [3]
    np.testing.assert_allclose(found.cosines, [2 / np.sqrt(5)], rtol=1e-12)


def test_analogy_finds_the_fourth_corner() -> None:
    """Lengths count: rows of length 1 would miss a parallelogram that is not at the origin."""
    corners = np.array([[5, 1], [5, 3], [9, 1], [9, 3], [0, -7]], dtype=np.float32)
    found = analogy(corners, 1, 0, 2, k=2)
    assert found.ids.tolist() == [3, 4]
    assert found.cosines[0] == pytest.approx(1)


def test_a_token_that_is_not_there_is_refused() -> None:
    with pytest.raises(PromptError, match="token 4 is not among this model's, 0 to 3"):
        neighbours(TABLE, 4, 1)
    with pytest.raises(PromptError, match="token -1"):
        analogy(TABLE, 0, -1, 1, 1)


@pytest.mark.parametrize("variant", tiny.VARIANTS)
def test_tables_are_what_the_model_adds_and_reads_with(variant: str) -> None:
    model = tiny.random_model(tiny.config(**tiny.VARIANTS[variant]))
    found = tables(model)
    C = model.config.n_embd
    assert found.token.shape == (tiny.V, C) and found.token.dtype == np.float32
    np.testing.assert_array_equal(found.token, model.wte.weight.detach().numpy())
    assert (found.output is None) == model.config.tie_weights
    assert (found.position is None) == (model.config.position in ("rotary", "none"))
    if found.position is not None:
        assert found.position.shape == (tiny.BLOCK, C)
    found.token[:] = 0
    assert model.wte.weight.abs().max() > 0, "a change of the copy reached the model"


def test_sinusoidal_positions_are_the_papers() -> None:
    model = tiny.random_model(tiny.config(**tiny.VARIANTS["sinusoidal"]))
    position = tables(model).position
    assert position is not None
    t, i, C = 7, 4, model.config.n_embd
    angle = t / 10000 ** (2 * i / C)
    np.testing.assert_allclose(position[t, 2 * i : 2 * i + 2], [np.sin(angle), np.cos(angle)], 1e-5)


def test_rotations_are_the_ones_that_queries_undergo() -> None:
    found = rotations(6, 4)
    assert found.shape == (6, 4)
    np.testing.assert_allclose(
        found[5], np.cos([5, 0.05]).tolist() + np.sin([5, 0.05]).tolist(), 1e-5
    )
    q = torch.arange(24.0).reshape(1, 1, 6, 4)
    cos, sin = found[:, :2], found[:, 2:]
    a, b = q[0, 0, :, :2].numpy(), q[0, 0, :, 2:].numpy()
    by_hand = np.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)
    np.testing.assert_allclose(rotate(q, 0)[0, 0].numpy(), by_hand, rtol=1e-5)
