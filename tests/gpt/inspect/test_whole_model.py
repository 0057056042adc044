"""The lengths that Home draws, against the trace's own vectors, for every kind of model."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from gpt.errors import PromptError
from gpt.inspect import maps, site
from gpt.inspect.whole_model import contribution_lengths, next_tokens, stack_lengths
from tests.close import close
from tests.gpt import tiny, two_texts
from tests.gpt.other_kinds import CLASSIFIER, drawn


def traces() -> dict[str, gpt.Trace]:
    ids = tiny.random_ids()
    pair = two_texts.two_texts()
    return {
        "decoder": gpt.trace(tiny.random_model(tiny.config()), ids),
        "classifier": gpt.trace(drawn(CLASSIFIER), ids),
        "two texts": gpt.trace(pair, two_texts.target_ids(), source=two_texts.source_ids()),
        "bigram": gpt.trace(tiny.random_model(tiny.config(**tiny.BIGRAM)), ids),
    }


TRACES = traces()


@pytest.mark.parametrize("kind", TRACES)
def test_each_length_is_that_of_the_traces_own_vector(kind: str) -> None:
    trace = TRACES[kind]
    stacks = stack_lengths(trace)
    names = [stack.name for stack in stacks]
    assert names == (["encoder", "decoder"] if kind == "two texts" else [trace.name])
    for stack in stacks:
        own = trace if stack.name == trace.name else trace.encoder
        assert stack.token == close(np.sqrt((own.token_embedding**2).sum(-1)))
        assert stack.position == close(np.sqrt((own.position_embedding**2).sum(-1)))
        after_layers = own.residual[:: 3 if len(stack.attentions) == 2 else 2]
        assert stack.stream == close(np.sqrt((after_layers**2).sum(-1)))
        assert stack.mlp == close(np.sqrt((own.mlp_out**2).sum(-1)))
        for attention in stack.attentions:
            of = trace.site(attention.name)
            assert attention.added == close(np.sqrt((of.attention_out**2).sum(-1)))
            assert attention.heads == close(np.sqrt((of.contribution**2).sum(-1)))
            assert attention.top_weight == close(of.weights.max(-1))
            assert attention.top_key is not None
            picked = np.take_along_axis(of.weights, attention.top_key[..., None], -1)[..., 0]
            assert picked == close(attention.top_weight)


def test_cross_attention_belongs_to_the_decoder() -> None:
    encoder, decoder = stack_lengths(TRACES["two texts"])
    assert [one.name for one in encoder.attentions] == ["encoder"]
    assert [one.name for one in decoder.attentions] == ["decoder", "cross"]
    assert encoder.stream.shape == (two_texts.ENCODER.n_layer + 1, two_texts.S)
    assert decoder.stream.shape == (two_texts.L + 1, two_texts.T)


def test_a_head_that_is_switched_off_has_no_length() -> None:
    model = tiny.random_model(tiny.config())
    off = gpt.Switches(heads_off=frozenset({(1, 2)}))
    lengths = contribution_lengths(gpt.trace(model, tiny.random_ids(), off))
    assert not lengths[1, 2].any() and (np.delete(lengths.reshape(6, -1), 5, 0) > 0).all()


def test_the_likeliest_next_tokens_of_every_position() -> None:
    trace = TRACES["decoder"]
    found = next_tokens(trace, 4, position=0)
    assert found.positions.tolist() == list(range(tiny.T))
    for position, ids, probs in zip(found.positions, found.ids, found.probs, strict=True):
        exps = np.exp(trace.logits[position].astype(np.float64))
        expected = exps / exps.sum()
        best = sorted(range(tiny.V), key=lambda token: -expected[token])[:4]
        assert ids.tolist() == best
        assert probs == close(expected[best])


def test_a_large_model_predicts_after_one_position_and_keeps_no_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The limits are set so low that this tiny model is a large one."""
    model, ids = tiny.random_model(tiny.config()), tiny.random_ids()
    small = gpt.trace(model, ids)
    (whole,), every = stack_lengths(small), next_tokens(small, 3, 0)
    monkeypatch.setattr(site, "SMALL", 10)
    monkeypatch.setattr(maps, "WHOLE", 10)
    trace = gpt.trace(model, ids)
    found = next_tokens(trace, 3, position=6)
    assert found.positions.tolist() == [6]
    assert found.ids.tolist() == every.ids[6:7].tolist()
    assert found.probs == close(every.probs[6:7])
    (stack,) = stack_lengths(trace)
    assert stack.attentions[0].top_key is None
    assert stack.attentions[0].heads == close(whole.attentions[0].heads)
    assert stack.attentions[0].top_weight == close(whole.attentions[0].top_weight)
    assert "weights" not in vars(trace), "the trace was made in strips"


def test_a_classifier_has_no_next_token() -> None:
    with pytest.raises(PromptError, match="class_logits"):
        next_tokens(TRACES["classifier"], 3, 0)
