"""What a head does that a person can name: the pattern in which it differs most from the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gpt.inspect.heads.patterns import NAMES, Patterns

KEYS: Mapping[str, str] = {
    "previous token": "the token before",
    "first token": "the first token",
    "duplicate token": "earlier occurrences of its own token",
    "induction": "what followed its own token last time",
    "word before": "the word before",
    "earlier mention": "earlier mentions of its name",
    "name to come": "earlier mentions of the name that comes next",
    "opening quotation mark": "the mark that opened its quotation",
}
"""By the name of a pattern, the keys that a query looks at."""
REST = "first token"
"""Where a head rests that has nothing to do: worth saying, but nothing to begin with."""
LEAST_SCORE, LEAST_EXCESS, LEAST_QUERIES = 0.3, 0.15, 4
"""Below these a pattern says nothing about a head."""


@dataclass(frozen=True)
class ClearPattern:
    """A pattern of one head.

    Fields:
        name: of `patterns.NAMES`.
        score: the head's, 0 to 1.
        others: the mean score of all other heads.
    """

    name: str
    score: float
    others: float


def clearest_pattern(patterns: Patterns, head: tuple[int, int]) -> ClearPattern | None:
    """The pattern in which a head exceeds the others most; None if no pattern tells it apart."""
    every = [_of_head(patterns, name, head) for name in KEYS if _is_measured(patterns, name)]
    best = max(every, key=lambda each: each.score - each.others, default=None)
    if best is None or best.score < LEAST_SCORE or best.score - best.others < LEAST_EXCESS:
        return None
    return best


def clearest_head(patterns: Patterns) -> tuple[int, int]:
    """The head that a pattern tells apart most clearly; (0, 0) if none is told apart.

    A head that rests on the first token has no such pattern.
    """
    L, H = patterns.sums.shape[1:]
    heads = [(l, h) for l in range(L) for h in range(H)]
    clear = {head: clearest for head in heads if (clearest := clearest_pattern(patterns, head))}
    clear = {head: clearest for head, clearest in clear.items() if clearest.name != REST}
    return max(clear, key=lambda head: clear[head].score - clear[head].others, default=(0, 0))


def _is_measured(patterns: Patterns, name: str) -> bool:
    return bool(patterns.queries[NAMES.index(name)] >= LEAST_QUERIES)


def _of_head(patterns: Patterns, name: str, head: tuple[int, int]) -> ClearPattern:
    scores = patterns[name]
    others = np.delete(scores.ravel(), np.ravel_multi_index(head, scores.shape))
    return ClearPattern(name, float(scores[head]), float(others.mean()) if len(others) else 0.0)
