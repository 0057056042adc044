"""Outcome: losses, ranks and copies, by hand and by torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import gpt
from gpt.inspect.outcome import likeliest, outcome, repeats
from tests.gpt.tiny import config, random_ids, random_model


def test_losses_are_torchs_cross_entropy() -> None:
    ids = random_ids()
    found = gpt.trace(random_model(config()), ids)
    said = outcome(found)
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(found.logits[:-1]).double(), torch.tensor(ids[1:]), reduction="none"
    )
    assert np.allclose(said.losses, expected.numpy(), atol=1e-10)
    assert said.loss == pytest.approx(float(expected.mean()))
    assert np.allclose(said.probs, found.probs[np.arange(len(ids) - 1), ids[1:]], atol=1e-6)
    likelier = [(found.logits[t] > found.logits[t, ids[t + 1]]).sum() for t in range(len(ids) - 1)]
    assert said.ranks.tolist() == likelier


def test_one_token_has_nothing_to_predict() -> None:
    said = outcome(gpt.trace(random_model(config()), [3]))
    assert said.loss is None
    assert said.over(repeats([3])) is None


def test_a_share_sums_up_what_was_chosen() -> None:
    said = outcome(gpt.trace(random_model(config()), random_ids(5)))
    share = said.over(np.array([True, False, False, True]))
    assert share is not None
    assert share.count == 2
    assert share.loss == pytest.approx((said.losses[0] + said.losses[3]) / 2)
    assert share.prob == pytest.approx((said.probs[0] + said.probs[3]) / 2)
    assert share.right == int(said.ranks[0] == 0) + int(said.ranks[3] == 0)


def test_repeats_are_pairs_that_stood_together_before() -> None:
    #      q  h  x  q  h  x  h: the pairs qh, hx come again; xh does not
    assert repeats([1, 2, 3, 1, 2, 3, 2]).tolist() == [False, False, False, True, True, False]
    assert repeats([5]).tolist() == []


def test_the_likeliest_come_first() -> None:
    found = likeliest(np.log(np.array([0.2, 0.5, 0.3], np.float32)), 2)
    assert [id for id, _ in found] == [1, 2]
    assert [prob for _, prob in found] == pytest.approx([0.5, 0.3])


@pytest.mark.parametrize(("read", "summed"), [(4, 3), (3, 4), (1, 1), (10, 4), (100, 100)])
def test_a_long_text_is_summed_up_piece_by_piece(
    read: int, summed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced = gpt.trace(random_model(config()), random_ids())
    whole = outcome(traced)
    monkeypatch.setattr("gpt.inspect.outcome.READ", read)
    monkeypatch.setattr("gpt.inspect.outcome.SUMMED", summed)
    pieces = outcome(traced)
    np.testing.assert_allclose(pieces.losses, whole.losses, rtol=1e-12)
    np.testing.assert_array_equal(pieces.ranks, whole.ranks)
