"""Queries and keys in one plane: centred each by itself, then one PCA."""

from __future__ import annotations

import numpy as np
import pytest

from gpt.errors import ConfigError
from gpt.inspect.one_head.query_key_plane import qk_plane


def test_by_hand() -> None:
    """Queries along one channel, keys along the other, each far from 0."""
    queries = np.array([[10.0, 5, 0], [12, 5, 0], [14, 5, 0]])
    keys = np.array([[-3.0, 1, 7], [-3, 2, 7], [-3, 3, 7]])
    found = qk_plane(queries, keys)
    np.testing.assert_allclose(found.queries, [[-2, 0], [0, 0], [2, 0]], atol=1e-12)
    np.testing.assert_allclose(found.keys, [[0, -1], [0, 0], [0, 1]], atol=1e-12)
    np.testing.assert_allclose(found.share, [0.8, 0.2])


def test_it_is_blind_to_where_the_clouds_stand() -> None:
    dice = np.random.default_rng(2)
    queries, keys = dice.normal(size=(2, 9, 5))
    found, moved = qk_plane(queries, keys), qk_plane(queries + 3, keys - dice.normal(size=5))
    np.testing.assert_allclose(found.queries, moved.queries, atol=1e-9)
    np.testing.assert_allclose(found.keys, moved.keys, atol=1e-9)
    assert 0 < found.share.sum() < 1


@pytest.mark.parametrize(("T", "D"), [(1, 4), (1, 1), (2, 1), (7, 1), (2, 2)])
def test_few_points_or_channels_leave_an_axis_empty(T: int, D: int) -> None:
    queries, keys = np.random.default_rng(3).normal(size=(2, T, D))
    found = qk_plane(queries, keys)
    assert found.queries.shape == found.keys.shape == (T, 2)
    assert np.isfinite(found.share).all()
    if D == 1:
        assert not found.queries[:, 1].any()


def test_a_model_that_diverged_is_said() -> None:
    with pytest.raises(ConfigError, match="not finite"):
        qk_plane(np.full((4, 3), np.nan), np.zeros((4, 3)))
