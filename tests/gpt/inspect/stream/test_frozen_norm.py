"""The frozen norm: parts that add up to what the model computed, whatever its architecture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import ConfigError
from gpt.inspect.stream.frozen_norm import FrozenNorm, frozen_norm, to_logits
from tests.gpt import tiny


def everything(found: gpt.Trace, frozen: FrozenNorm) -> np.ndarray:
    """(T, C): the sum of all parts, each through the norms that come after it."""
    total = frozen.apply(found.token_embedding + found.position_embedding, 0) + frozen.bias
    for l in range(found.config.n_layer):
        heads = found.contribution[l].sum(0) + found.attention_bias[l]
        total = total + frozen.apply(heads, 2 * l + 1)
        if found.config.feed_forward:
            total = total + frozen.apply(found.mlp_out[l], 2 * l + 2)
    return total


VARIANTS = tiny.VARIANTS | {
    "embedding norm": dict(embedding_norm=True),
    "embedding norm, post": dict(embedding_norm=True, norm="post"),
    "embedding norm, nothing else": dict(embedding_norm=True, norm="none", skip=False),
}


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("switches", [{}, {"norm_off": True}, {"mask": "none", "mlp_off": {0}}])
def test_all_parts_add_up_to_the_logits(name: str, switches: dict[str, object]) -> None:
    model = tiny.random_model(tiny.config(**VARIANTS[name]))
    found = gpt.trace(model, tiny.random_ids(), gpt.Switches(**switches))
    total = everything(found, frozen_norm(model, found))
    logits = to_logits(model, total)
    if model.lm_head.bias is not None:  # of no part
        logits = logits + model.lm_head.bias.detach().numpy()
    np.testing.assert_allclose(logits, found.logits, atol=2e-5)


@torch.no_grad()
def test_one_part_by_hand() -> None:
    """A stream of two channels, 3 and 1: mean 2, spread 1; the part 0.5, 0 loses its mean 0.25."""
    model = tiny.random_model(tiny.config(n_embd=2, n_head=1, n_layer=1))
    found = gpt.trace(model, [0])
    found.residual = np.array([[[0, 0]], [[0, 0]], [[3, 1]]], dtype=np.float32)
    model.ln_f.weight.copy_(torch.tensor([2.0, 10.0]))
    passed = frozen_norm(model, found).apply(np.array([[0.5, 0.0]]))
    np.testing.assert_allclose(passed, [[0.5, -2.5]], rtol=1e-4)


def test_after_a_norm_in_every_block_an_early_part_passes_each() -> None:
    model = tiny.random_model(tiny.config(norm="post"))
    found = gpt.trace(model, tiny.random_ids())
    frozen = frozen_norm(model, found)
    assert [norm.state for norm in frozen.norms] == [1, 2, 3, 4]
    part = found.contribution[0, 1]
    late = frozen.norms[3](part.astype(float))
    np.testing.assert_allclose(frozen.apply(part, 4), late)
    early = frozen.norms[3](frozen.norms[2](frozen.norms[1](frozen.norms[0](part.astype(float)))))
    np.testing.assert_allclose(frozen.apply(part, 1), early)


def test_without_skip_connections_only_the_last_branch_reaches_the_logits() -> None:
    model = tiny.random_model(tiny.config(skip=False))
    found = gpt.trace(model, tiny.random_ids())
    frozen = frozen_norm(model, found)
    assert not frozen.apply(found.contribution[1, 0], 3).any()
    assert frozen.apply(found.mlp_out[1], 4).any()


def test_chosen_tokens_are_columns_of_all() -> None:
    model = tiny.random_model(tiny.config())
    vectors = np.random.default_rng(0).normal(size=(3, tiny.C))
    every = to_logits(model, vectors)
    assert every.shape == (3, tiny.V)
    np.testing.assert_allclose(to_logits(model, vectors, [4, 16]), every[:, [4, 16]])


def test_a_layer_before_the_logits_is_said_to_be_in_the_way() -> None:
    model = tiny.random_model(tiny.config(head_transform=True))
    with pytest.raises(ConfigError, match="one more layer, with an activation"):
        frozen_norm(model, gpt.trace(model, [1, 2]))
