"""classify, and the trace of a classifier."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import PromptError, SwitchError
from tests.close import ABS
from tests.gpt.other_kinds import CLASSIFIER, LABELS, classifier_run, drawn, translator_run

IDS = [3, 1, 4, 1, 5, 9, 2]


def test_the_probabilities_are_the_softmax_of_the_logits(tmp_path: Path) -> None:
    ckpt = gpt.load(classifier_run(tmp_path / "run"))
    with torch.no_grad():
        logits = ckpt.model(torch.tensor([ckpt.tokenizer.encode("abcab")]))[0].numpy()
    expected = np.exp(logits) / np.exp(logits).sum()
    got = gpt.classify(ckpt, "abcab")
    assert list(got) == LABELS
    np.testing.assert_allclose(list(got.values()), expected, atol=ABS)
    masked = gpt.classify(ckpt, "abcab", gpt.Switches(mask="causal"))
    assert abs(masked["good"] - got["good"]) > 1e-3


@pytest.mark.parametrize("switches", [gpt.Switches(), gpt.Switches(mask="causal", scale=0.7)])
def test_a_trace_has_the_logits_of_the_labels(switches: gpt.Switches) -> None:
    model = drawn(CLASSIFIER)
    t = gpt.trace(model, IDS, switches)
    with torch.no_grad():
        expected = model(torch.tensor([IDS]), switches)[0].numpy()
    np.testing.assert_allclose(t.class_logits, expected, atol=ABS)
    np.testing.assert_allclose(t.class_probs.sum(), 1, atol=ABS)
    assert t.sites == ("encoder",) and t.encoder is t
    np.testing.assert_allclose(t.weights.sum(-1), 1, atol=ABS)
    # the logits come out of the states that the trace holds: mean over tokens, then the head
    with torch.no_grad():
        states = model.ln_f(torch.from_numpy(t.residual[-1]))  # type: ignore[misc]
        by_hand = model.class_head(states.mean(0)).numpy()  # type: ignore[operator]
    np.testing.assert_allclose(t.class_logits, by_hand, atol=ABS)


def test_a_classifier_has_no_next_token_and_a_decoder_no_label(tmp_path: Path) -> None:
    model = drawn(CLASSIFIER)
    t = gpt.trace(model, IDS)
    for ask in (lambda: t.logits, lambda: t.logits_at(-1), lambda: t.probs):
        with pytest.raises(PromptError, match="gives the logits of labels"):
            ask()
    with pytest.raises(PromptError, match="it writes no tokens"):
        gpt.generate(model, IDS, 3)
    with pytest.raises(PromptError, match="gives a text no label"):
        gpt.classify(gpt.load(translator_run(tmp_path / "two")), "abc")


def test_a_text_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    ckpt = gpt.load(classifier_run(tmp_path / "run"))
    with pytest.raises(PromptError, match="the text is empty"):
        gpt.classify(ckpt, "")
    with pytest.raises(PromptError, match="the text has 14 tokens; this model reads up to 13"):
        gpt.classify(ckpt, "a" * 14)
    with pytest.raises(SwitchError, match="layer 7, head 0 does not exist"):
        gpt.classify(ckpt, "abc", gpt.Switches(heads_off={(7, 0)}))
