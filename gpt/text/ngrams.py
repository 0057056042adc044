"""Counting: what the last n − 1 tokens alone say about the next one, by Witten and Bell.

An n-gram model counts how often each token followed each context of n − 1 tokens. A context that
was seen c times with t different tokens after it speaks with the share c / (c + t); the rest is
left to the context that is one token shorter, down to 1 / V, which holds all tokens for equally
likely. Nothing is trained. Source: Witten and Bell (1991), method C, interpolated as in Chen and
Goodman (1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpt.errors import TextError


@dataclass(frozen=True, eq=False)
class CountedOrder:
    """One order of counting.

    Fields:
        n: tokens of context and target together; 2 is a bigram.
        loss: mean loss in nats on the side that is kept back.
        contexts: how many different contexts were counted.
        seen: share of the predictions whose context was counted, 0 to 1.
    """

    n: int
    loss: float
    contexts: int
    seen: float


def pair_counts(ids: np.ndarray, vocab_size: int) -> np.ndarray:
    """(V, V): how often token j followed token i. Lecture, 22:11, and its predecessor, makemore.

    >>> pair_counts(np.array([0, 1, 0, 1, 1]), 2).tolist()
    [[0, 2], [1, 1]]
    """
    codes = ids[:-1].astype(np.int64) * vocab_size + ids[1:]
    return np.bincount(codes, minlength=vocab_size**2).reshape(vocab_size, vocab_size)


def counted_losses(
    learned: np.ndarray, held_out: np.ndarray, vocab_size: int, longest: int
) -> list[CountedOrder]:
    """Count one text, and predict every token of another but its first.

    The first tokens of the held-out text have short contexts, and are predicted with those.

    Args:
        learned, held_out: ids, one long row each.
        longest: the largest n.

    Raises:
        TextError: fewer than two tokens on one side.
    """
    if min(len(learned), len(held_out)) < 2:
        raise TextError(
            f"counting needs two tokens on each side of the split; there are {len(learned):,} and "
            f"{len(held_out):,}"
        )
    ids = np.concatenate([learned, held_out]).astype(np.int64)
    start, targets = len(learned), len(held_out) - 1
    probs, contexts = np.full(targets, 1 / vocab_size), np.zeros(len(ids), np.int64)
    orders = []
    for n in range(1, longest + 1):
        counted, known = contexts[n - 1 : start], ids[n - 1 : start]
        first = max(n - 2, 0)  # of the targets: those before have a shorter context
        at = slice(start + 1 + first, None)
        probs[first:], seen = _mixed(
            counted, known, contexts[at], ids[at], probs[first:], vocab_size
        )
        loss, share = float(-np.log(probs).mean()), float(seen.sum() / targets)
        orders.append(CountedOrder(n, loss, len(np.unique(counted)), share))
        contexts = _longer(contexts, ids, vocab_size)
    return orders


def _longer(contexts: np.ndarray, ids: np.ndarray, vocab_size: int) -> np.ndarray:
    """A number for each place's context with one more token, equal for equal ones."""
    before = np.roll(contexts, 1) * vocab_size + np.roll(ids, 1)
    return np.asarray(np.unique(before, return_inverse=True)[1].reshape(-1))


def _mixed(
    contexts: np.ndarray,
    tokens: np.ndarray,
    new_contexts: np.ndarray,
    new_tokens: np.ndarray,
    shorter: np.ndarray,
    vocab_size: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The probability of each new token, and whether its context was counted.

    Args:
        contexts, tokens: of the text that is counted.
        shorter: the probability by the context that is one token shorter.
    """
    pairs, counts = np.unique(contexts * vocab_size + tokens, return_counts=True)
    size = int(max(contexts.max(), new_contexts.max())) + 1
    of_context = pairs // vocab_size
    total = np.bincount(of_context, weights=counts, minlength=size)[new_contexts]
    kinds = np.bincount(of_context, minlength=size)[new_contexts]
    wanted = new_contexts * vocab_size + new_tokens
    at = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
    count = np.where(pairs[at] == wanted, counts[at], 0)
    seen = total > 0
    mixed = (count + kinds * shorter) / np.where(seen, total + kinds, 1)
    return np.where(seen, mixed, shorter), seen
