"""Counting, against a plain recursion over dictionaries and the figures of Tiny Shakespeare."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pytest

from gpt.errors import TextError
from gpt.text.ngrams import counted_losses, pair_counts
from tests.close import close
from tests.gpt.shakespeare import needs_shakespeare, shakespeare


def plain_loss(learned: Sequence[int], held_out: Sequence[int], V: int, n: int) -> float:
    """The mean loss by Witten and Bell's formula, one context at a time."""
    follows: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for length in range(n):
        for at in range(length, len(learned)):
            follows[tuple(learned[at - length : at])][learned[at]] += 1

    def prob(context: tuple[int, ...], token: int) -> float:
        shorter = prob(context[1:], token) if context else 1 / V
        counts = follows[context]
        if not counts:
            return shorter
        return (counts[token] + len(counts) * shorter) / (counts.total() + len(counts))

    contexts = [tuple(held_out[max(0, at - n + 1) : at]) for at in range(1, len(held_out))]
    targets = held_out[1:]
    return float(-np.mean([np.log(prob(c, t)) for c, t in zip(contexts, targets, strict=True)]))


def test_every_order_is_that_of_the_formula() -> None:
    draws = np.random.default_rng(4)
    learned, held_out = draws.integers(0, 5, 300), draws.integers(0, 6, 40)  # 5 is never learned
    orders = counted_losses(learned, held_out, 7, 4)
    assert [order.n for order in orders] == [1, 2, 3, 4]
    expected = [plain_loss(learned.tolist(), held_out.tolist(), 7, n) for n in range(1, 5)]
    assert [order.loss for order in orders] == close(expected)


def test_a_pair_worked_out_by_hand() -> None:
    # "aab" learned, "ab" held out: P(b) = (1 + 2 · ½) / (3 + 2) = 0.4 for one token;
    # after a there were a and b: P(b | a) = (1 + 2 · 0.4) / (2 + 2) = 0.45.
    one, two = counted_losses(np.array([0, 0, 1]), np.array([0, 1]), 2, 2)
    assert one.loss == close(-np.log(0.4)) and two.loss == close(-np.log(0.45))
    assert (two.contexts, two.seen) == (1, 1.0)


def test_pairs_are_counted() -> None:
    counts = pair_counts(np.array([2, 0, 2, 0, 1]), 3)
    assert counts.tolist() == [[0, 1, 1], [0, 0, 0], [2, 0, 0]]


def test_a_text_of_one_token_is_refused() -> None:
    with pytest.raises(TextError, match="two tokens on each side"):
        counted_losses(np.array([1]), np.array([1, 2]), 3, 2)


@needs_shakespeare
def test_tiny_shakespeare_is_as_measured_before() -> None:
    text = shakespeare()
    characters = sorted(set(text))
    ids = np.searchsorted(characters, list(text))
    n = int(0.9 * len(ids))
    orders = counted_losses(ids[:n], ids[n:], len(characters), 5)
    losses = [round(order.loss, 3) for order in orders[1:]]
    assert losses == [2.486, 2.049, 1.774, 1.669]
