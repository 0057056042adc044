"""The logit lens: the last row is the model, the others are worked out by other means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import gpt
from gpt.inspect.stream.logit_lens import TOP, lens_logits, logit_lens, state_names
from gpt.nn.switches import Switches
from tests.close import ABS, REL, close
from tests.gpt import numpy_gpt
from tests.gpt.tiny import VARIANTS, L, T, V, config, random_ids
from tests.gpt.tiny import random_model as drawn_model

OTHERS = {
    "output bias": dict(head_bias=True),
    "as BERT": dict(
        norm="post", mask="none", embedding_norm=True, head_transform=True, head_bias=True
    ),
    "another epsilon": dict(norm_epsilon=0.1),
}
SETTINGS = {**VARIANTS, **OTHERS}
every_setting = pytest.mark.parametrize("changes", SETTINGS.values(), ids=SETTINGS)
LINEAR = {name: of for name, of in SETTINGS.items() if "head_transform" not in of}


@every_setting
def test_the_last_state_says_what_the_model_says(changes: dict[str, Any]) -> None:
    model = drawn_model(config(**changes))
    traced = gpt.trace(model, random_ids())
    read = lens_logits(model, traced.residual[2 * L].copy(), traced).numpy()
    np.testing.assert_allclose(read, traced.logits, atol=1e-5)
    found = logit_lens(model, traced)
    np.testing.assert_array_equal(found.top_ids[-1, :, 0], traced.logits.argmax(-1))
    np.testing.assert_allclose(found.top_probs[-1, :, 0], traced.probs.max(-1), atol=ABS)


@pytest.mark.parametrize("changes", LINEAR.values(), ids=LINEAR)
def test_every_state_is_read_through_the_models_last_steps(changes: dict[str, Any]) -> None:
    """Against numpy, in float64, from the weights alone."""
    model = drawn_model(config(**changes))
    weights, ids = numpy_gpt.numpy_weights(model), random_ids()
    stream = numpy_gpt.forward(weights, model.config, ids)["residual"]
    if model.config.norm == "pre":
        stream = numpy_gpt.norm(stream, weights, "ln_f", model.config)
    logits = stream @ weights["lm_head.weight"].T + weights.get("lm_head.bias", 0)
    probs = numpy_gpt.softmax(logits)  # (S, T, V)
    found = logit_lens(model, gpt.trace(model, ids))
    np.testing.assert_allclose(found.entropy, -(probs * np.log(probs)).sum(-1), atol=1e-4)
    taken = np.take_along_axis(probs, found.top_ids.astype(int), -1)
    np.testing.assert_allclose(found.top_probs, taken, atol=1e-5)
    np.testing.assert_allclose(found.top_probs, -np.sort(-probs)[..., :TOP], atol=1e-5)
    for t, target in enumerate(ids[1:]):
        own = probs[:, t, target]
        np.testing.assert_allclose(found.target_prob[:, t], own, atol=1e-5)
        np.testing.assert_array_equal(
            found.target_rank[:, t], (probs[:, t] > own[:, None]).sum(-1) + 1
        )


def test_the_last_position_has_no_next_token() -> None:
    model = drawn_model(config())
    found = logit_lens(model, gpt.trace(model, random_ids()))
    assert (found.target_rank[:, -1] == 0).all() and np.isnan(found.target_prob[:, -1]).all()
    assert (found.target_rank[:, :-1] >= 1).all() and (found.target_rank <= V).all()


def test_by_hand_three_tokens() -> None:
    """A stream that is the token itself: C = 3, no norm, embeddings 1 at the token's own place.

    Unembedding: token v reads logit ln 2 from channel v and 0 from the others, so that after
    token 1 the probabilities are 1/4, 2/4, 1/4, and the next token, 2, shares the second place.
    """
    sizes = dict(vocab_size=3, n_layer=1, n_head=1, n_embd=3, norm="none", position="none")
    model = drawn_model(config(**sizes))
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
        model.wte.weight.copy_(torch.eye(3))
        model.lm_head.weight.copy_(torch.eye(3) * math.log(2))
    found = logit_lens(model, gpt.trace(model, [1, 2, 0]))
    assert found.top_ids[:, :, 0].tolist() == [[1, 2, 0]] * 3
    np.testing.assert_allclose(found.top_probs[:, :, 0], 0.5, atol=1e-6)
    np.testing.assert_allclose(found.entropy, 1.5 * math.log(2), atol=1e-6)
    np.testing.assert_allclose(found.target_prob[:, :2], 0.25, atol=1e-6)
    assert found.target_rank.tolist() == [[2, 2, 0]] * 3


def test_a_long_prompt_is_read_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    model = drawn_model(config())
    traced = gpt.trace(model, random_ids())
    whole = logit_lens(model, traced)
    monkeypatch.setattr("gpt.inspect.stream.logit_lens.ROWS", 4)
    pieces = logit_lens(model, traced)
    for name in ("top_ids", "top_probs", "target_rank", "target_prob", "entropy"):
        np.testing.assert_allclose(getattr(pieces, name), getattr(whole, name), rtol=REL, atol=ABS)


def test_some_states_are_read_as_among_all() -> None:
    model = drawn_model(config())
    traced = gpt.trace(model, random_ids())
    whole, some = logit_lens(model, traced), logit_lens(model, traced, states=[0, 2, 4])
    assert whole.states == (0, 1, 2, 3, 4) and some.states == (0, 2, 4)
    assert some.top_probs == close(whole.top_probs[[0, 2, 4]])


def test_some_positions_are_read_as_among_all() -> None:
    model = drawn_model(config())
    traced = gpt.trace(model, random_ids())
    whole, some = logit_lens(model, traced), logit_lens(model, traced, positions=range(2, 4))
    assert (whole.first, some.first) == (0, 2)
    for name in ("top_ids", "top_probs", "target_rank", "target_prob", "entropy"):
        expected = getattr(whole, name)[:, 2:4]
        np.testing.assert_allclose(getattr(some, name), expected, rtol=REL, atol=ABS, err_msg=name)


def test_the_norms_switch_is_heeded() -> None:
    model = drawn_model(config())
    traced = gpt.trace(model, random_ids(), Switches(norm_off=True))
    read = lens_logits(model, traced.residual[2 * L].copy(), traced).numpy()
    np.testing.assert_allclose(read, traced.logits, atol=1e-5)


def test_one_token_and_a_vocabulary_smaller_than_the_list() -> None:
    model = drawn_model(config(vocab_size=4))
    found = logit_lens(model, gpt.trace(model, [2]))
    assert found.top_ids.shape == (2 * L + 1, 1, 4)
    np.testing.assert_allclose(found.top_probs.sum(-1), 1, atol=1e-6)


def test_states_have_names() -> None:
    names = state_names(config())
    assert names == ["embedding", "L0 attention", "L0 MLP", "L1 attention", "L1 MLP"]
    assert len(names) == len(gpt.trace(drawn_model(config()), random_ids(T)).residual)
