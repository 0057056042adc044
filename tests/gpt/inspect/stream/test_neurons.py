"""Neurons add up to what the MLP gave, and their effects to its direct effect on a logit."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from gpt.errors import ConfigError, PromptError
from gpt.inspect.stream.direct_effects import direct_effects
from gpt.inspect.stream.neurons import neurons
from gpt.inspect.stream.two_contexts import two_contexts
from tests.close import close
from tests.gpt import tiny

VARIANTS = ["learned", "post", "squared_relu", "no projection", "no bias", "batch norm", "no skip"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_neurons_add_up(variant: str) -> None:
    model = tiny.random_model(tiny.config(**tiny.VARIANTS[variant]))
    trace = gpt.trace(model, tiny.random_ids())
    for layer in range(tiny.L):
        inside = neurons(model, trace, layer, position=4, token=3)
        assert inside.hidden.shape == (tiny.T, model.config.mlp_width)
        assert inside.difference < 1e-4
        whole = direct_effects(model, trace, 4, 3)
        (of_mlp,) = [part.value for part in whole.parts if part.name == f"L{layer} MLP"]
        assert inside.effects.sum() + inside.bias == pytest.approx(of_mlp, abs=1e-4)
    assert inside.strongest(1) == [int(np.abs(inside.effects).argmax())]


def test_a_model_without_feed_forward_layers_has_no_neurons() -> None:
    model = tiny.random_model(tiny.config(feed_forward=False))
    with pytest.raises(ConfigError, match="no feed-forward layers"):
        neurons(model, gpt.trace(model, [1, 2]), 0, 0, 0)


def test_a_layer_that_is_off_adds_nothing() -> None:
    model = tiny.random_model(tiny.config())
    trace = gpt.trace(model, [1, 2, 3], gpt.Switches(mlp_off={1}))
    assert not neurons(model, trace, 1, 2, 4).effects.any()


def test_a_token_in_the_same_context_stays_the_same() -> None:
    model = tiny.random_model(tiny.config())
    one, longer = gpt.trace(model, [1, 2, 3]), gpt.trace(model, [1, 2, 3, 4])
    same = two_contexts(one, longer, 2)
    assert same.positions == (2, 2)
    assert same.cosines == close(np.ones(2 * tiny.L + 1))
    assert same.distances == pytest.approx(np.zeros(2 * tiny.L + 1), abs=1e-5)


def test_a_token_in_another_context_parts_from_itself() -> None:
    model = tiny.random_model(tiny.config(position="none"))
    parted = two_contexts(gpt.trace(model, [1, 2, 3]), gpt.trace(model, [5, 6, 3]), 2)
    assert parted.cosines[0] == close(1.0) and parted.tokens_only == close(1.0)
    assert (parted.cosines[1:] < 0.999).all()


def test_a_token_that_is_not_there_is_told() -> None:
    model = tiny.random_model(tiny.config())
    with pytest.raises(PromptError, match="does not occur in the second context"):
        two_contexts(gpt.trace(model, [1, 2, 3]), gpt.trace(model, [4]), 0)
