"""Normalizing by hand: worked numbers, PyTorch's own functions, and who depends on whom."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gpt.errors import ConfigError
from gpt.inspect.stream.normalizing import (
    from_pytorch,
    influence,
    line_sum,
    random_matrix,
    read_matrix,
)

X = np.array([[1.0, 2.0, 3.0], [4.0, 6.0, 11.0]])


def test_one_two_three_by_hand() -> None:
    """Mean 2, variance 2/3, deviation 0.8165: (1 − 2) / 0.8165 = −1.2247."""
    found = line_sum(X[0], epsilon=0.0, gain=2.0, bias=0.5)
    assert (found.mean, found.variance) == (2.0, pytest.approx(2 / 3))
    np.testing.assert_array_equal(found.centred, [-1, 0, 1])
    np.testing.assert_array_equal(found.squared, [1, 0, 1])
    np.testing.assert_allclose(found.normalized, [-1.2247, 0, 1.2247], atol=5e-5)
    np.testing.assert_allclose(found.out, [-1.9495, 0.5, 2.9495], atol=5e-5)
    assert (found.after.mean, found.after.std) == (pytest.approx(0.5), pytest.approx(2))
    assert found.total == 6


def test_the_sum_is_pytorchs_with_gain_and_bias() -> None:
    gain, bias = torch.full((3,), 1.5).double(), torch.full((3,), -0.25).double()
    peer = F.layer_norm(torch.from_numpy(X), (3,), gain, bias, eps=0.1)
    for row in range(2):
        found = line_sum(X[row], epsilon=0.1, gain=1.5, bias=-0.25)
        np.testing.assert_allclose(found.out, peer[row].numpy(), atol=1e-12)
    columns = F.batch_norm(torch.from_numpy(X), None, None, gain, bias, True, eps=0.1)
    found = line_sum(X[:, 2], epsilon=0.1, gain=1.5, bias=-0.25)
    np.testing.assert_allclose(found.out, columns[:, 2].numpy(), atol=1e-12)


def test_equal_numbers_become_zero() -> None:
    assert not line_sum(np.array([4.0, 4.0]), epsilon=0.0).normalized.any()


def test_drawn_as_torch_draws_and_then_rounded() -> None:
    normal = torch.randn(3, 2, generator=torch.Generator().manual_seed(7)).double().numpy()
    np.testing.assert_array_equal(random_matrix(3, 2, 7), np.round(normal, 2))
    np.testing.assert_allclose(
        random_matrix(3, 2, 7, shift=10.0, spread=4.0), normal * 4 + 10, atol=0.005
    )


def test_another_example_moves_the_column_and_never_the_row() -> None:
    found = influence(X, example=1, feature=0, by=3.0, epsilon=0.0)
    np.testing.assert_array_equal(found.layer[0], [0, 0, 0])
    assert found.layer[1].all()
    # Columns of two are always −1 and 1: three examples, so that something moves.
    x = np.array([[0.0, 1.0], [1.0, 2.0], [2.0, 4.0]])
    found = influence(x, example=2, feature=0, by=3.0, epsilon=0.0)
    before = np.array([-1, 0, 1]) / (2 / 3) ** 0.5
    after = np.array([-2, -1, 3]) / (14 / 3) ** 0.5
    np.testing.assert_allclose(found.batch[:, 0], after - before)
    assert not found.batch[:, 1].any()
    layer, batch = found.on_others()
    assert layer == 0.0 and batch == pytest.approx(abs(after - before)[:2].max())


def test_drawn_rows_stay_to_the_last_digit() -> None:
    for seed in range(20):
        found = influence(random_matrix(5, 6, seed, 3.0, 2.0), seed % 5, seed % 6, 0.01)
        layer, batch = found.on_others()
        assert layer == 0.0 and batch > 0


def test_furthest_from_pytorch() -> None:
    layer, batch = from_pytorch(random_matrix(6, 4, 1, 3.0, 2.0))
    assert 0 <= layer < 1e-14 and batch is not None and batch < 1e-14
    assert from_pytorch(X[:1])[1] is None


def test_a_matrix_as_typed() -> None:
    np.testing.assert_array_equal(read_matrix("1 2 3; 4,6, 11", (8, 6)), X)
    np.testing.assert_array_equal(read_matrix("-1.5", (8, 6)), [[-1.5]])


@pytest.mark.parametrize(
    "text", ["", "1 2; 3", "a b", "nan 1", "inf 1", "1e7 2", "1 2 3", "1;2;3", ";", "1 2;"]
)
def test_what_is_no_matrix_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no matrix of at most 2 rows and 2 columns"):
        read_matrix(text, (2, 2))
