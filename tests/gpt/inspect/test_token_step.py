"""One token at a time: the quick step says what the model says, and serves no other model."""

from __future__ import annotations

from copy import copy
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

from gpt.errors import PromptError
from gpt.inspect.generation import generate
from gpt.inspect.reader import PATIENCE, Reader
from gpt.inspect.token_step import SERVED, TokenStep, is_served, token_step
from gpt.nn.cache import KVCache
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.switches import DEFAULT, Switches
from tests.gpt.tiny import BIGRAM, BLOCK, VARIANTS, V, config, random_ids, random_model

LENGTH = 3 * PATIENCE
OTHERS = {
    *("post", "no norm", "no skip", "no skip, post", "no feed-forward", "no projection"),
    *("no mask", "no bias, post", "embedding norm", "batch norm", "batch norm, post"),
}
"""Variants that are left to `gpt.nn`."""
MORE: dict[str, dict[str, Any]] = {
    "GPT-2": {"activation": "gelu_tanh", "tie_weights": True},
    "the fast recipe's": {**VARIANTS["rotary with qk_norm"], "activation": "squared_relu"},
    "scaled embeddings": {"scale_embeddings": True, "activation": "silu"},
}
STEPPED = {name: s for name, s in (VARIANTS | MORE).items() if name not in OTHERS}


@pytest.mark.parametrize("kind", STEPPED)
def test_a_step_says_what_the_model_says(kind: str) -> None:
    model, ids = random_model(config(**STEPPED[kind])), random_ids(BLOCK)
    assert is_served(model, DEFAULT)
    cache, step = KVCache(model.config, model.wte.weight), TokenStep(model)
    with torch.no_grad():
        logits = torch.stack([step.logits(id, cache) for id in ids])
        torch.testing.assert_close(logits, model(torch.tensor([ids]))[0], rtol=1e-4, atol=1e-5)
    assert cache.length == BLOCK


def test_a_long_text_is_written_with_it_and_stays_the_same() -> None:
    model = random_model(config(block_size=LENGTH))
    steps = list(generate(model, [1], LENGTH + 3, seed=1))
    assert token_step(model, is_wanted=False) is not None
    anew = list(generate(model, [1], LENGTH + 3, seed=1, cache=False))
    assert [step.id for step in steps] == [step.id for step in anew]
    for one, other in zip(steps, anew, strict=True):
        np.testing.assert_allclose(one.logits, other.logits, rtol=1e-4, atol=1e-5)
        assert one.context == other.context


def test_a_short_text_puts_no_weights_in_order() -> None:
    model = random_model(config(block_size=LENGTH))
    assert len(list(generate(model, [1], PATIENCE))) == PATIENCE
    assert token_step(model, is_wanted=False) is None


def test_what_was_learned_since_is_read() -> None:
    model = random_model(config(block_size=LENGTH))
    before = token_step(model, is_wanted=True)
    assert token_step(model, is_wanted=False) is before
    with torch.no_grad():
        model.wte.weight.mul_(2)
    assert token_step(model, is_wanted=False) is None
    assert token_step(model, is_wanted=True) is not before


def test_an_id_outside_the_vocabulary_is_refused_as_ever() -> None:
    model, ids = random_model(config(block_size=LENGTH)), random_ids(LENGTH - 2)
    reader = Reader(model)
    for n in range(1, len(ids) + 1):
        reader.read(ids[:n])
    for id in (-1, model.config.vocab_size):
        with pytest.raises(PromptError, match="outside this model's vocabulary"):
            reader.read([*ids, id])


def test_switches_that_change_something_are_not_served() -> None:
    model = random_model(config())
    own = Switches(mask=np.tri(3, dtype=bool))
    for switches in (own, Switches(mask="window:2"), Switches(scale="none"), Switches(mlp_off={0})):
        assert not is_served(model, switches)


@pytest.mark.parametrize("kind", sorted(OTHERS))
def test_other_models_are_not_served(kind: str) -> None:
    assert not is_served(random_model(config(**VARIANTS[kind])), DEFAULT)
    assert not is_served(GPT(GPTConfig(BLOCK, V, **BIGRAM)), DEFAULT)


def test_a_setting_that_is_not_named_is_not_served() -> None:
    """So that a setting which comes later is left to `gpt.nn` until somebody adds it here."""
    model = random_model(config())
    unnamed = [field.name for field in fields(GPTConfig) if field.name not in SERVED]
    for name in unnamed:
        changed = copy(model.config)
        object.__setattr__(changed, name, "another")
        model.config = changed
        assert not is_served(model, DEFAULT), name


def test_without_room_for_a_copy_the_model_goes_on_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gpt.memory.available", lambda: 1000)
    model = random_model(config())
    assert token_step(model, is_wanted=True) is None
    assert len(list(generate(model, [1], BLOCK + PATIENCE))) == BLOCK + PATIENCE
