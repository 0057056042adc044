"""A head at its beginning: chance, near 0, and the same for the same seed."""

import numpy as np

from gpt.inspect.one_head.averaging_ways import (
    affinities_of_zero,
    largest_differences,
    loop_against_product,
    means_of,
    source_of,
    sums_of,
)
from gpt.inspect.one_head.first_head import first_head


def test_a_new_head_is_nearly_the_mean_and_not_quite() -> None:
    weights = first_head(27, [1, 5, 3, 3, 9], seed=2).weights[0, 0]
    mean = affinities_of_zero(5)[1]
    assert 1e-4 < abs(weights - mean).max() < 0.05


def test_a_seed_decides() -> None:
    one, same, other = (first_head(27, [1, 5, 3], seed).masked[0, 0] for seed in (2, 2, 3))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_affinities_of_zero_share_out_alike() -> None:
    masked, weights = affinities_of_zero(3)
    assert masked.tolist() == [[0, -np.inf, -np.inf], [0, 0, -np.inf], [0, 0, 0]]
    assert np.allclose(weights, [[1, 0, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]])


def test_weights_and_what_they_give_belong_together() -> None:
    x = np.array([[2.0, 7.0], [6.0, 4.0], [6.0, 5.0]])
    for weights, out in (sums_of(x), means_of(x), means_of(x, "softmax"), means_of(x, "loop")):
        assert np.allclose(weights @ x, out)
    assert sums_of(x)[1].tolist() == [[2, 7], [8, 11], [14, 16]]


def test_the_ways_agree_and_their_code_is_shown() -> None:
    assert max(largest_differences().values()) < 1e-14
    assert source_of("softmax").startswith("def by_softmax(")


def test_the_loop_is_held_against_the_product_at_the_largest_length() -> None:
    assert loop_against_product({"loop": [1.0, 6.0], "matrix product": [1.0, 2.0]}) == 3.0
