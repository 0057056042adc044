"""Lengths of vectors and two normalizations: by hand, and against PyTorch's own layers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import gpt
from gpt.inspect.stream.stream_lengths import Moments, normalize, stream_norms
from tests.gpt.tiny import C, L, T, config, random_ids
from tests.gpt.tiny import random_model as drawn_model


def test_lengths_by_hand() -> None:
    model = drawn_model(config())
    traced = gpt.trace(model, random_ids())
    found = stream_norms(traced)
    assert found.stream.shape == (2 * L + 1, T)
    assert found.attention.shape == found.mlp.shape == (L, T)
    for state, t in ((0, 0), (3, 7)):
        length = sum(float(x) ** 2 for x in traced.residual[state, t]) ** 0.5
        assert found.stream[state, t] == pytest.approx(length, rel=1e-5)
    added = traced.residual[4, 5] - traced.residual[3, 5]
    assert found.mlp[1, 5] == pytest.approx(float(np.linalg.norm(added)), rel=1e-4)


def test_a_two_by_two_by_hand() -> None:
    """Rows (1, 3) and (5, 11): row means 2 and 8, spreads 1 and 3; columns 3 ± 2 and 7 ± 4."""
    found = normalize(np.array([[1.0, 3.0], [5.0, 11.0]]))
    np.testing.assert_allclose(found.layer, [[-1, 1], [-1, 1]], atol=1e-5)
    np.testing.assert_allclose(found.batch, [[-1, -1], [1, 1]], atol=1e-5)
    np.testing.assert_array_equal(found.before, [[1, 3], [5, 11]])


def test_rows_and_columns_are_what_each_makes_even() -> None:
    """The lecture's check at 1:32:51: a row's mean is 0 and its deviation 1, a column's not."""
    vectors = np.random.default_rng(0).normal(3, 5, (T, C)).astype(np.float32)
    found = normalize(vectors)
    for t in range(T):
        assert Moments.of(found.layer[t]).mean == pytest.approx(0, abs=1e-6)
        assert Moments.of(found.layer[t]).std == pytest.approx(1, abs=1e-5)
    for c in range(C):
        assert Moments.of(found.batch[:, c]).mean == pytest.approx(0, abs=1e-6)
        assert Moments.of(found.batch[:, c]).std == pytest.approx(1, abs=1e-5)
    assert abs(Moments.of(found.layer[:, 0]).mean) > 0.01
    assert abs(Moments.of(found.batch[0]).mean) > 0.01


def test_they_are_pytorchs_layers_without_gain_and_bias() -> None:
    vectors = np.random.default_rng(1).normal(2, 3, (T, C)).astype(np.float32)
    found, x = normalize(vectors), torch.from_numpy(vectors)
    layer = nn.LayerNorm(C, elementwise_affine=False)(x)
    batch = nn.BatchNorm1d(C, affine=False).train()(x)
    np.testing.assert_allclose(found.layer, layer.numpy(), atol=1e-5)
    np.testing.assert_allclose(found.batch, batch.numpy(), atol=1e-5)
    assert found.layer.dtype == np.float32


def test_the_models_own_norm_is_this_times_gain_plus_bias() -> None:
    model = drawn_model(config())
    traced = gpt.trace(model, random_ids())
    ln = model.blocks[1].ln_1
    assert ln is not None
    even = normalize(traced.residual[2]).layer
    own = even * ln.weight.detach().numpy() + ln.bias.detach().numpy()
    np.testing.assert_allclose(own, traced.attention_in[1], atol=1e-5)


def test_one_position_leaves_batch_normalization_nothing() -> None:
    found = normalize(np.array([[1.0, 2.0, 6.0]]))
    assert not found.batch.any()
    assert Moments.of(found.layer[0]).std == pytest.approx(1, abs=1e-5)


def test_moments_by_hand() -> None:
    assert Moments.of(np.array([2.0, 4.0, 9.0])) == Moments(5.0, pytest.approx((26 / 3) ** 0.5))
    assert list(normalize(np.eye(2)).by_name()) == ["before", "LayerNorm", "batch normalization"]
