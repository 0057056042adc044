"""Sharpness: measured variances against theory, and softmaxes worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gpt.inspect.heads import softmax_sharpness
from gpt.inspect.sampling import softmax


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_unit_gaussians_have_the_variance_that_theory_gives(seed: int) -> None:
    spread = softmax_sharpness.gaussian_spread(seed)
    assert spread.draws == 20_000
    assert spread.head_sizes.tolist() == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    for D in (16, 64, 256):
        at = spread.head_sizes.tolist().index(D)
        assert spread.unscaled[at] == pytest.approx(D, rel=0.05)
        assert spread.scaled[at] == pytest.approx(1, rel=0.05)


def test_a_seed_gives_the_same_draws() -> None:
    first, again, other = (softmax_sharpness.gaussian_spread(seed, 500) for seed in (4, 4, 5))
    assert np.array_equal(first.unscaled, again.unscaled)
    assert not np.array_equal(first.unscaled, other.unscaled)
    assert np.allclose(first.unscaled, first.scaled * first.head_sizes)


def test_the_lectures_example() -> None:
    """The numbers that torch prints in the lecture at 1:16:56 and after."""
    shares = softmax_sharpness.sharpened(np.array(softmax_sharpness.LECTURE), np.array([1.0, 8.0]))
    assert shares.round(4).tolist() == [
        [0.1925, 0.1426, 0.2351, 0.1426, 0.2872],
        [0.0326, 0.0030, 0.1615, 0.0030, 0.8000],
    ]


def test_top_weight_is_the_mean_of_the_rows_largest() -> None:
    weights = np.array([[[1, 0, 0], [0.25, 0.75, 0], [0.2, 0.3, 0.5]]])
    assert softmax_sharpness.top_weight(weights.max(axis=-1)) == pytest.approx(
        [(1 + 0.75 + 0.5) / 3]
    )


def test_score_variance_counts_only_pairs_that_may_meet() -> None:
    scores = np.array([[1.0, 99.0], [3.0, 5.0]])
    # 1, 3, 5: mean 3, squares 4, 0, 4
    assert softmax_sharpness.score_variance(scores, np.tri(2, dtype=bool)) == pytest.approx(8 / 3)


def test_the_jacobians_norm_is_that_of_autograd() -> None:
    logits = torch.tensor([0.3, -1.2, 2.0, 0.7], dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda x: x.softmax(-1), logits)
    expected = float(jacobian.norm())
    assert softmax_sharpness.jacobian_norm(softmax(logits.numpy())) == pytest.approx(
        expected, rel=1e-12
    )


def test_a_saturated_softmax_passes_no_gradient() -> None:
    # an even share over two: [[1/4, -1/4], [-1/4, 1/4]], norm 1/2
    shares = np.array([[0.5, 0.5], [1.0, 0.0]])
    assert softmax_sharpness.jacobian_norm(shares) == pytest.approx([0.5, 0.0])
