"""Compare: what is subtracted, where it has a meaning, and the scale that fits both."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from gpt.inspect.trace_difference import common_limit, difference, same_rule
from tests.gpt.tiny import config, random_ids, random_model


def traces(*switches: gpt.Switches) -> list[gpt.Trace]:
    model, ids = random_model(config()), random_ids(5)
    return [gpt.trace(model, ids, each) for each in switches]


def test_weights_differ_wherever_one_of_the_two_sees() -> None:
    causal, full = traces(gpt.Switches(mask="causal"), gpt.Switches(mask="none"))
    found = difference(causal, full, "weights")
    assert found.visible.all()
    # in the first layer the future's weights come from nothing
    assert np.array_equal(found.values[0, 1][0, 1:], full.weights[0, 1][0, 1:])
    assert found.limit == pytest.approx(np.abs(full.weights - causal.weights).max())


def test_scores_are_compared_where_both_see() -> None:
    window, prefix = traces(gpt.Switches(mask="window:2"), gpt.Switches(mask="prefix:2"))
    found = difference(window, prefix, "scores")
    assert np.array_equal(found.visible, window.visible & prefix.visible)
    seen = found.values[:, :, found.visible]
    assert found.limit == pytest.approx(np.abs(seen).max())
    assert np.allclose(found.values[0], 0, atol=1e-5)  # the mask has not acted before layer 0


def test_one_scale_fits_both() -> None:
    scaled, raw = traces(gpt.Switches(), gpt.Switches(scale="none"))
    largest = max(np.abs(found.scaled[..., found.visible]).max() for found in (scaled, raw))
    assert common_limit(scaled, raw, "scaled") == pytest.approx(largest)


def test_settings_that_come_to_the_same_are_told() -> None:
    one, named, other, wide = traces(
        gpt.Switches(),
        gpt.Switches(mask="causal", scale="head_size"),
        gpt.Switches(scale="n_embd"),
        gpt.Switches(mask="window:99"),
    )
    assert same_rule(one, named) and same_rule(one, wide)
    assert not same_rule(one, other)


def test_traces_of_different_lengths_are_refused() -> None:
    model = random_model(config())
    one, other = (gpt.trace(model, random_ids(n)) for n in (4, 5))
    with pytest.raises(ValueError, match="the traces have shapes"):
        difference(one, other, "weights")
