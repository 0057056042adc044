"""Order: without positions and mask a model reads a set, by invariants and against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from gpt.errors import PromptError
from gpt.inspect.tokens.token_order import token_order
from tests.close import close
from tests.gpt import numpy_gpt, tiny

IDS = [3, 1, 4, 15, 9, 2, 6]


@pytest.mark.parametrize("variant", ["learned", "rotary", "sinusoidal"])
def test_only_positions_and_mask_know_of_order(variant: str) -> None:
    cases = token_order(tiny.random_model(tiny.config(**tiny.VARIANTS[variant])), IDS)
    assert cases["no positions, no mask"].after == close(cases["no positions, no mask"].before)
    for name in ("as trained", "no mask", "no positions"):
        assert cases[name].moved > 0.01


def test_one_causal_layer_without_positions_reads_a_set() -> None:
    cases = token_order(tiny.random_model(tiny.config(n_layer=1)), IDS)
    assert cases["no positions"].moved < 1e-4, "the last token sees all, and each by itself"


def test_the_logits_and_the_loss_are_those_of_numpy() -> None:
    model = tiny.random_model(tiny.config())
    case = token_order(model, IDS)["as trained"]
    weights = numpy_gpt.numpy_weights(model)
    turned = [*IDS[-2::-1], IDS[-1]]
    logits, other = (
        numpy_gpt.forward(weights, model.config, ids)["logits"] for ids in (IDS, turned)
    )
    assert case.before == close(logits[-1]) and case.after == close(other[-1])
    logs = logits[:-1] - np.log(np.exp(logits[:-1]).sum(-1, keepdims=True))
    assert case.loss == close(-logs[np.arange(len(IDS) - 1), IDS[1:]].mean())
    assert case.likeliest == (int(logits[-1].argmax()), int(other[-1].argmax()))


def test_two_tokens_have_no_other_order() -> None:
    with pytest.raises(PromptError, match="has 2 tokens"):
        token_order(tiny.random_model(tiny.config()), [1, 2])
