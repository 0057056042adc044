"""The story of a cell: worked out by hand, and what must add up whatever the model."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import gpt
from gpt.errors import PromptError
from gpt.inspect.one_head.matrices import OneHead, one_head
from gpt.inspect.one_head.one_cell import logit_shares, promoted, story, strongest_key
from tests.gpt import tiny


def by_hand() -> OneHead:
    """Two tokens, D = 2, C = 3: q_1 = (1, 2), keys (3, 1) and (−1, 2), values (4, 0) and (0, 8)."""
    model = tiny.random_model(tiny.config(n_embd=6, n_head=3))
    taken = one_head(model, gpt.trace(model, [0, 1]), 0, 0)
    half = math.log(3) / 2  # so that the scaled scores 5 and 3, times this, differ by ln 3
    scores = np.array([[0, 0], [5, 3]], dtype=np.float32)
    masked = (scores * half).astype(np.float32)
    masked[0, 1] = -np.inf
    return replace(
        taken,
        x=np.zeros((2, 3), dtype=np.float32),
        queries=np.array([[0, 0], [1, 2]], dtype=np.float32),
        keys=np.array([[3, 1], [-1, 2]], dtype=np.float32),
        values=np.array([[4, 0], [0, 8]], dtype=np.float32),
        masked=masked,
        weights=np.array([[1, 0], [0.75, 0.25]], dtype=np.float32),
        projection=np.array([[1, 0, 1], [0, 1, 1]], dtype=np.float32),
        scale=half,
    )


def test_a_cell_by_hand() -> None:
    told = story(by_hand(), 1, 1)
    assert told.products.tolist() == [-1, 4]
    assert told.score == 3
    assert told.scaled == pytest.approx(1.5 * math.log(3))
    assert told.largest == pytest.approx(2.5 * math.log(3))
    np.testing.assert_allclose(told.exps, [1, 1 / 3], rtol=1e-6)
    assert told.total == pytest.approx(4 / 3)
    assert told.weight == 0.25
    assert told.look.tolist() == [0, 2]
    assert told.added.tolist() == [0, 2, 2]


def test_a_masked_cell_adds_nothing_and_keeps_its_score() -> None:
    told = story(by_hand(), 0, 1)
    assert not told.visible
    assert told.score == 0 and told.exps.tolist() == [1, 0]
    assert told.weight == 0 and not told.added.any()


def test_a_head_that_is_off_adds_nothing() -> None:
    assert not story(replace(by_hand(), off=True), 1, 1).added.any()


@pytest.mark.parametrize("name", tiny.VARIANTS)
@pytest.mark.parametrize("switches", [{}, {"mask": "none", "scale": "n_embd", "temperature": 0.5}])
def test_everything_adds_up(name: str, switches: dict[str, object]) -> None:
    config = tiny.config(**tiny.VARIANTS[name])
    model = tiny.random_model(config)
    found = gpt.trace(model, tiny.random_ids(), gpt.Switches(**switches))
    taken = one_head(model, found, 1, config.n_head - 1)
    i = 6
    looks = [story(taken, i, j) for j in range(tiny.T)]
    for j, told in enumerate(looks):
        assert told.products.sum() == pytest.approx(taken.scores[i, j], abs=1e-4)
        assert told.exps[j] / told.total == pytest.approx(taken.weights[i, j], abs=1e-6)
    np.testing.assert_allclose(sum(t.look for t in looks), taken.head_out[i], atol=1e-5)
    np.testing.assert_allclose(sum(t.added for t in looks), taken.contribution[i], atol=1e-5)
    shares = [logit_shares(model, found, taken, told) for told in looks]
    for share in shares:
        np.testing.assert_allclose(share.look + share.head + share.rest, found.logits[i])
    whole = shares[0].look + shares[0].head
    np.testing.assert_allclose(sum(share.look for share in shares), whole, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "layer", "norms", "reaches"),
    [
        (dict(), 0, 1, True),
        (dict(norm="none"), 0, 0, True),
        (dict(norm="post"), 0, 4, True),
        (dict(norm="post"), 1, 2, True),
        (dict(skip=False), 1, 1, False),
        (dict(skip=False, feed_forward=False), 1, 1, True),
        (dict(skip=False, feed_forward=False), 0, 1, False),
    ],
)
def test_how_it_gets_to_the_logits(
    changes: dict[str, object], layer: int, norms: int, reaches: bool
) -> None:
    model = tiny.random_model(tiny.config(**changes))
    found = gpt.trace(model, tiny.random_ids())
    taken = one_head(model, found, layer, 0)
    share = logit_shares(model, found, taken, story(taken, 5, 2))
    assert (share.norms, share.reaches) == (norms, reaches)
    assert share.look.any() == reaches


def test_the_spread_is_the_final_norms() -> None:
    model = tiny.random_model(tiny.config())
    found = gpt.trace(model, tiny.random_ids())
    taken = one_head(model, found, 0, 0)
    share = logit_shares(model, found, taken, story(taken, 5, 2))
    assert share.spreads == pytest.approx([math.sqrt(found.residual[-1, 5].var() + 1e-5)])


def test_promoted_and_suppressed() -> None:
    assert promoted(np.array([0.5, -2, 0, 3, -1]), 3) == ([3, 0], [1, 4])
    assert promoted(np.zeros(3), 2) == ([], [])
    assert promoted(np.array([1.0, 2.0, 3.0]), 2) == ([2, 1], [])


def test_the_strongest_key() -> None:
    assert strongest_key(by_hand(), 1) == 0


@pytest.mark.parametrize("cell", [(2, 0), (0, 2), (-1, 0)])
def test_a_cell_that_is_not_there_is_said(cell: tuple[int, int]) -> None:
    with pytest.raises(PromptError, match="queries and keys are 0 to 1"):
        story(by_hand(), *cell)
