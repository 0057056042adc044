"""A hidden token is filled in from the others, and each of them is weighed by hiding it too."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import PromptError
from gpt.inspect.filling import fill, with_hidden
from gpt.silence import fills_in
from tests.close import close
from tests.gpt import other_kinds, tiny

IDS, PLACE, MARK = [3, 1, 4, 1, 5], 2, 9


def test_what_it_says_is_the_traces_and_without_is_another_reading() -> None:
    model = tiny.random_model(tiny.config(mask="none"))
    filled = fill(model, IDS, PLACE, MARK)
    assert filled.ids == [3, 1, 9, 1, 5]
    assert filled.probs == close(gpt.trace(model, filled.ids).probs[PLACE])
    without = gpt.trace(model, [9, 1, 9, 1, 5]).probs[PLACE]
    assert filled.without[0] == close(without)
    assert filled.changes(4)[0] == close(filled.probs[4] - without[4])
    assert np.isnan(filled.changes(4)[PLACE])


def test_with_a_causal_mask_what_comes_later_changes_nothing() -> None:
    model = tiny.random_model(tiny.config(mask="none"))
    filled = fill(model, IDS, PLACE, MARK, gpt.Switches(mask="causal"))
    assert filled.changes(4)[PLACE + 1 :] == close(np.zeros(2))
    assert abs(filled.changes(4)[0]) > 1e-4


def test_it_is_the_answer_that_torch_gives_in_one_pass() -> None:
    model = tiny.random_model(tiny.config(mask="none"))
    with torch.no_grad():
        logits = model(torch.tensor([with_hidden(IDS, PLACE, MARK)]))[0, PLACE]
    assert fill(model, IDS, PLACE, MARK).probs == close(logits.softmax(-1).numpy())


def test_a_place_that_is_not_there_and_a_classifier_are_refused() -> None:
    with pytest.raises(PromptError, match="there is no token 5; the text's are 0 to 4"):
        with_hidden(IDS, 5, MARK)
    with pytest.raises(PromptError, match="fills in no token"):
        fill(other_kinds.drawn(other_kinds.CLASSIFIER), IDS, PLACE, MARK)


def test_which_models_fill_in_is_in_their_config() -> None:
    encoder = {"mask": "none", "n_class": 0}
    assert fills_in({"model": encoder, "training": {"task": "masked"}})
    assert fills_in({"model": encoder, "imported": {"kind": "roberta"}})
    assert not fills_in({"model": encoder, "training": {"task": "next"}})
    assert not fills_in({"model": encoder, "imported": {"kind": "bert", "predicts": False}})
    assert not fills_in({"model": encoder | {"n_class": 3}, "imported": {"kind": "bert"}})
    assert not fills_in({"model": {"mask": "causal"}, "training": {"task": "masked"}})
