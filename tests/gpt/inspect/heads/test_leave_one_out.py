"""Leave one out: each number is that of the shorter text, read by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import PromptError
from gpt.inspect.heads.leave_one_out import leave_one_out
from gpt.inspect.heads.rollout import rollout, token_shares
from tests.close import close
from tests.gpt import other_kinds, tiny

IDS = [3, 1, 4, 1, 5]


@pytest.fixture(scope="module")
def model() -> gpt.GPT:
    return other_kinds.drawn(other_kinds.CLASSIFIER)


def logits(model: gpt.GPT, ids: list[int], switches: gpt.Switches = gpt.Switches()) -> np.ndarray:  # noqa: B008
    with torch.no_grad():
        return model(torch.tensor([ids]), switches)[0].numpy()


@pytest.mark.parametrize("mask", ["model", "causal", "window:2"])
def test_each_row_is_the_text_without_one_token(model: gpt.GPT, mask: str) -> None:
    switches = gpt.Switches(mask=mask)
    found = leave_one_out(model, IDS, switches)
    assert found.whole == close(logits(model, IDS, switches))
    for t in range(len(IDS)):
        assert found.without[t] == close(logits(model, IDS[:t] + IDS[t + 1 :], switches))


def test_changes_are_probabilities_with_the_token_less_those_without(model: gpt.GPT) -> None:
    found = leave_one_out(model, IDS)
    exps = np.exp(found.without.astype(np.float64))
    by_hand = exps / exps.sum(-1, keepdims=True)
    whole = np.exp(found.whole.astype(np.float64))
    assert found.probs(2) == close(by_hand[:, 2])
    assert found.changes(2) == close(whole[2] / whole.sum() - by_hand[:, 2])


def test_of_arrays_the_tokens_row_and_column_go_too(model: gpt.GPT) -> None:
    mask = np.random.default_rng(2).random((5, 5)) < 0.4
    mask |= np.eye(5, dtype=bool)
    found = leave_one_out(model, IDS, gpt.Switches(mask=mask))
    kept = [0, 1, 3, 4]
    by_hand = logits(model, [IDS[n] for n in kept], gpt.Switches(mask=mask[np.ix_(kept, kept)]))
    assert found.without[2] == close(by_hand)


def test_one_token_cannot_be_left_out(model: gpt.GPT) -> None:
    found = leave_one_out(model, [2])
    assert found.whole == close(logits(model, [2])) and np.isnan(found.without).all()


def test_a_decoder_gives_no_label() -> None:
    with pytest.raises(PromptError, match="gives a text no label"):
        leave_one_out(tiny.random_model(tiny.config()), [1, 2])


@pytest.mark.parametrize(
    ("pool", "expected"), [("mean", [0.5, 0.5]), ("first", [0.75, 0.25]), ("last", [0.25, 0.75])]
)
def test_shares_are_of_what_the_head_reads(pool: str, expected: list[float]) -> None:
    """One layer whose tokens look at both evenly: half of that, and half of themselves."""
    flow = rollout(np.full((1, 1, 2, 2), 0.5, np.float32))[-1]
    assert token_shares(flow, pool) == close(np.array(expected))


def test_pool_is_the_models(model: gpt.GPT) -> None:
    """With a pool of the first token and one layer, the first token's row is what is read."""
    config = replace(other_kinds.CLASSIFIER, pool="first", n_layer=1)
    weights = gpt.trace(other_kinds.drawn(config), IDS).weights
    flow = rollout(weights)[-1]
    assert token_shares(flow, config.pool) == close(
        0.5 * weights[0].mean(0)[0] + 0.5 * np.eye(5)[0]
    )
