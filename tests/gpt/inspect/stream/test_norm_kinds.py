"""Four norms of a block: which numbers share a mean, against PyTorch, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gpt.errors import ConfigError
from gpt.inspect.stream.norm_kinds import NORM_KINDS, norm_kinds
from tests.close import close

B, T, C = 2, 3, 4


def block() -> np.ndarray:
    return np.random.default_rng(1).normal(3, 2, (B, T, C))


def test_each_norm_has_its_own_axes() -> None:
    x = block()
    kinds = norm_kinds(x, 2)
    grouped = x.reshape(B, T, 2, 2)
    cases = {
        "LayerNorm": (x, (2,), B * T),
        "batch norm": (x, (0, 1), C),
        "instance norm": (x, (1,), B * C),
        "group norm": (grouped, (1, 3), B * 2),
    }
    for name, (of, axes, means) in cases.items():
        mean, variance = of.mean(axes, keepdims=True), of.var(axes, keepdims=True)
        expected = ((of - mean) / np.sqrt(variance + 1e-5)).reshape(x.shape)
        assert kinds[name].out == close(expected)
        assert kinds[name].means == means
        assert kinds[name].difference < 1e-12


def test_one_group_takes_the_whole_example_and_C_groups_are_instance_norm() -> None:
    x = block()
    one, many = (norm_kinds(x, groups)["group norm"] for groups in (1, C))
    assert one.means == B
    assert many.out == close(norm_kinds(x, C)["instance norm"].out)


def test_only_batch_norm_remembers() -> None:
    kinds = norm_kinds(block(), 2)
    assert {name: sorted(kind.buffers) for name, kind in kinds.items()} == {
        "LayerNorm": [],
        "batch norm": ["num_batches_tracked", "running_mean", "running_var"],
        "instance norm": [],
        "group norm": [],
    }
    assert all(kind.parameters == {"weight": C, "bias": C} for kind in kinds.values())


def test_only_batch_norm_mixes_examples() -> None:
    x = block()
    changed = x.copy()
    changed[0, 1, 2] += 5
    for name in NORM_KINDS:
        moved = norm_kinds(changed, 2)[name].out - norm_kinds(x, 2)[name].out
        assert bool(moved[1].any()) == (name == "batch norm")


def test_channels_that_do_not_fit_the_groups_are_refused() -> None:
    with pytest.raises(ConfigError, match="4 channels cannot be cut into 3"):
        norm_kinds(block(), 3)
