"""Rollout and averages worked out by hand for three tokens; what is carried, by brute force."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from gpt.inspect.heads.rollout import carried, head_average, head_mean, reached, rollout
from tests.gpt import tiny

# Two layers of two heads. The means of the heads are
#   layer 0: [1 0 0], [0.5 0.5 0], [0.2 0.4 0.4]     layer 1: [1 0 0], [0 1 0], [0.6 0 0.4]
WEIGHTS = np.array(
    [
        [
            [[1, 0, 0], [0.8, 0.2, 0], [0.4, 0.4, 0.2]],
            [[1, 0, 0], [0.2, 0.8, 0], [0.0, 0.4, 0.6]],
        ],
        [
            [[1, 0, 0], [0.0, 1.0, 0], [1.0, 0.0, 0.0]],
            [[1, 0, 0], [0.0, 1.0, 0], [0.2, 0.0, 0.8]],
        ],
    ],
    dtype=np.float32,
)


def test_rollout_by_hand() -> None:
    """Half the mean of the heads, half the identity; the second layer reads the first's mixture."""
    first = [[1, 0, 0], [0.25, 0.75, 0], [0.1, 0.2, 0.7]]
    # The last row of layer 1 is [0.3, 0, 0.7]: 0.3 × row 0 + 0.7 × row 2 of the first.
    second = [[1, 0, 0], [0.25, 0.75, 0], [0.3 + 0.7 * 0.1, 0.7 * 0.2, 0.7 * 0.7]]
    np.testing.assert_allclose(rollout(WEIGHTS), [first, second], atol=1e-6)


def test_rollout_without_the_skip_connection_by_hand() -> None:
    first = [[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.4, 0.4]]
    second = [[1, 0, 0], [0.5, 0.5, 0], [0.6 + 0.4 * 0.2, 0.4 * 0.4, 0.4 * 0.4]]
    np.testing.assert_allclose(rollout(WEIGHTS, residual=0.0), [first, second], atol=1e-6)


def test_rollout_of_chosen_heads() -> None:
    """Without any head of layer 1, what the first head of layer 0 mixed passes on as it is."""
    first = [[1, 0, 0], [0.4, 0.6, 0], [0.2, 0.2, 0.6]]
    np.testing.assert_allclose(rollout(WEIGHTS, heads={(0, 0)}), [first, first], atol=1e-6)


def test_rows_of_a_rollout_sum_to_one() -> None:
    found = gpt.trace(tiny.random_model(tiny.config()), tiny.random_ids())
    np.testing.assert_allclose(rollout(found.weights).sum(-1), 1, atol=1e-5)


def test_averages_of_chosen_heads_by_hand() -> None:
    np.testing.assert_allclose(head_mean(WEIGHTS, 0, None)[2], [0.2, 0.4, 0.4], atol=1e-6)  # type: ignore[index]
    assert head_mean(WEIGHTS, 1, {(0, 0)}) is None
    mean = head_average(WEIGHTS, {(0, 1), (1, 0)})
    np.testing.assert_allclose(mean[2], [0.5, 0.2, 0.3], atol=1e-6)  # type: ignore[index]
    np.testing.assert_allclose(head_average(WEIGHTS)[2], [0.4, 0.2, 0.4], atol=1e-6)  # type: ignore[index]
    assert head_average(WEIGHTS, set()) is None


def test_a_window_widens_with_every_layer() -> None:
    i, j = np.indices((5, 5))
    window = (j <= i) & (i - j < 2)
    assert (reached(window, 1) == window).all()
    assert (reached(window, 3) == ((j <= i) & (i - j < 4))).all()


@pytest.mark.parametrize("name", tiny.VARIANTS)
def test_a_weight_times_what_is_carried_is_the_length_of_what_it_adds(name: str) -> None:
    """All weight on key j, and the head's contribution is as long as what key j carries."""
    model = tiny.random_model(tiny.config(**tiny.VARIANTS[name]))
    ids = tiny.random_ids()
    T, l, h, j = len(ids), 0, 0, 2
    only = np.zeros((T, T), dtype=np.float32)
    only[:, j] = 1
    found = gpt.trace(model, ids)
    edited = gpt.trace(model, ids, gpt.Switches(weights_edit={(l, h): only}))
    lengths = np.linalg.norm(edited.contribution[l, h], axis=-1)
    np.testing.assert_allclose(lengths, carried(model, found)[l, h, j], rtol=1e-4, atol=1e-6)


def test_a_head_that_is_off_carries_nothing() -> None:
    model = tiny.random_model(tiny.config())
    found = gpt.trace(model, tiny.random_ids(), gpt.Switches(heads_off={(1, 2)}))
    lengths = carried(model, found)
    assert (lengths[1, 2] == 0).all() and (lengths[1, 1] > 0).all()
