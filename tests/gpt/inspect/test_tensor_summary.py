"""The numbers of one tensor, by hand and against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from gpt.errors import CheckpointError
from gpt.inspect.tensor_summary import BINS, numbers, summarize
from tests.gpt.tiny import C, V, config, random_model


def test_by_hand() -> None:
    found = summarize(np.array([[-3.0, 0.0], [1.0, 6.0]]))
    assert (found.count, found.zeros, found.broken) == (4, 1, 0)
    assert (found.mean, found.least, found.most) == (1.0, -3.0, 6.0)
    assert found.deviation == pytest.approx(((16 + 1 + 0 + 25) / 4) ** 0.5)
    assert (found.edges[0], found.edges[-1], len(found.counts)) == (-6.0, 6.0, BINS)
    assert found.counts.sum() == 4
    assert found.counts[BINS // 2] == 1 and found.counts[-1] == 1


def test_what_is_no_number_is_counted_apart() -> None:
    found = summarize(np.array([1.0, np.nan, np.inf, -1.0]))
    assert (found.broken, found.mean, found.counts.sum()) == (2, 0.0, 2)
    nothing = summarize(np.array([np.nan]))
    assert nothing.broken == 1 and np.isnan(nothing.mean) and nothing.counts.sum() == 0
    assert summarize(np.zeros(3)).counts.sum() == 3


def test_a_tensor_is_found_by_its_name_and_a_tied_one_too() -> None:
    model = random_model(config(tie_weights=True))
    assert numbers(model, "wte.weight").shape == (V, C)
    np.testing.assert_array_equal(numbers(model, "lm_head.weight"), numbers(model, "wte.weight"))
    np.testing.assert_array_equal(
        numbers(model, "h.1.mlp.fc.bias"), model.blocks[1].mlp.fc.bias.detach()
    )
    with pytest.raises(CheckpointError, match=r"has no tensor .h\.9\.attn"):
        numbers(model, "h.9.attn")
