"""Outcome: what a forward pass says about the text that it read, token by token.

At position t the model predicts token t + 1. A text of T tokens has T - 1 predictions that can be
right or wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from gpt.inspect.sampling import softmax
from gpt.inspect.trace import Trace

Numbers = NDArray[np.float64]

READ, SUMMED = 128, 16
"""Positions whose logits are computed at once, and of those, evaluated at once. Fewer would read a
large output embedding more often; in double precision, a large vocabulary's are megabytes each."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the model said of every token that follows another.

    Fields:
        probs: (T - 1,) the probability that the right next token got.
        ranks: (T - 1,) how many tokens were likelier than it; 0: it came first.
        losses: (T - 1,) its cross-entropy, in nats.
    """

    probs: Numbers
    ranks: NDArray[np.int64]
    losses: Numbers

    @property
    def loss(self) -> float | None:
        """Mean loss, in nats; None for a text of one token."""
        return float(self.losses.mean()) if len(self.losses) else None

    def over(self, chosen: NDArray[np.bool_]) -> Share | None:
        """The same over some of the predictions; None if there are none."""
        if not chosen.any():
            return None
        return Share(
            count=int(chosen.sum()),
            loss=float(self.losses[chosen].mean()),
            prob=float(self.probs[chosen].mean()),
            right=int((self.ranks[chosen] == 0).sum()),
        )


@dataclass(frozen=True)
class Share:
    """A summary of some predictions.

    Fields:
        count: how many.
        loss: mean, in nats.
        prob: mean probability of the right next token.
        right: how many had the right token first.
    """

    count: int
    loss: float
    prob: float
    right: int


def outcome(trace: Trace) -> Outcome:
    """Compare a trace's predictions with the text that it read."""
    right = trace.ids[1:]
    pieces = []
    for start in range(0, len(right), READ):
        ids = right[start : start + READ]
        logits = trace.logits_at(slice(start, start + len(ids)))
        for at in range(0, len(ids), SUMMED):
            pieces.append(_losses_and_ranks(logits[at : at + SUMMED], ids[at : at + SUMMED]))
    losses = np.concatenate([np.empty(0), *(losses for losses, _ in pieces)])
    ranks = np.concatenate([np.empty(0, np.int64), *(ranks for _, ranks in pieces)])
    return Outcome(np.exp(-losses), ranks, losses)


def _losses_and_ranks(
    logits: NDArray[np.floating], right: NDArray[np.integer]
) -> tuple[Numbers, NDArray[np.int64]]:
    """Losses and ranks of some positions, from (n, V) logits and the (n,) ids that came."""
    mine = np.take_along_axis(logits, right[:, None], axis=1)
    sums = torch.from_numpy(logits.astype(np.float64)).logsumexp(dim=1, keepdim=True).numpy()
    return (sums - mine)[:, 0], np.count_nonzero(logits > mine, axis=1)


def repeats(ids: Sequence[int]) -> NDArray[np.bool_]:
    """(T - 1,): whether the same two tokens stood together earlier, to be copied from.

    >>> repeats([1, 2, 3, 1, 2, 3]).tolist()
    [False, False, False, True, True]
    """
    seen: set[tuple[int, int]] = set()
    copies = []
    for pair in pairwise(int(id) for id in ids):
        copies.append(pair in seen)
        seen.add(pair)
    return np.array(copies, dtype=bool)


def likeliest(logits: NDArray[np.floating], count: int) -> list[tuple[int, float]]:
    """The likeliest tokens and their probabilities, from (V,) logits; the likeliest first."""
    probs = softmax(logits.astype(np.float64))
    return [(int(id), float(probs[id])) for id in np.argsort(-probs, kind="stable")[:count]]
