"""What the story of a cell tells: rounded numbers and words, and the JSON that the browser gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from viz.colors import ACCENTS, DOWN, UP
from viz.given import Numbers
from viz.text import visible as visible_text

DIGITS = 4


@dataclass(frozen=True, eq=False)
class Softmax:
    """From a scaled score to a weight, along the row of one query.

    Fields:
        above: the scaled score (over the temperature) less the row's largest, `largest`.
        exps: of the keys `keys`, this one first; then the sum of `rest` others, if any.
        total: what `exps` add up to, with `digits` decimals.
    """

    above: float
    largest: float
    exps: Sequence[float]
    keys: Sequence[int]
    rest: int
    total: float
    digits: int


@dataclass(frozen=True, eq=False)
class Shares:
    """The next-token logits that one look moves most.

    Fields:
        tokens: texts, those that it raises, then those that it lowers.
        raised: how many of them it raises.
        look, head, rest, logit: (n,) the three add up to the last.
        digits: decimals.
        words: how it gets to the logits, or why there are no tokens.
    """

    tokens: Sequence[str]
    raised: int
    look: Numbers
    head: Numbers
    rest: Numbers
    logit: Numbers
    digits: int
    words: str


@dataclass(frozen=True, eq=False)
class CellStory:
    """One cell and every number of its story.

    Fields:
        title: of the head.
        tokens: T texts; key_tokens: S texts, of the keys of another text; None: the same.
        query, key: the cell.
        q, k: (D,), the two rows.
        products: (D,), adding up to `score`.
        scale: number and name ("1/√D"; "" for none).
        softmax: None if the query may not see the key.
        temperature: divides the scaled scores.
        weight: with `weight_digits` decimals.
        edited: it was put in by hand.
        value: (D,); look, others: (2, D) adding up to `out`, (D,), with `out_digits` decimals.
    """

    title: str
    tokens: Sequence[str]
    query: int
    key: int
    q: Numbers
    k: Numbers
    products: Numbers
    score: float
    scale: float
    scale_name: str
    scaled: float
    softmax: Softmax | None
    temperature: float
    weight: float
    weight_digits: int
    edited: bool
    value: Numbers
    look: Numbers
    out: Numbers
    out_digits: int
    shares: Shares
    key_tokens: Sequence[str] | None = None

    @property
    def keys(self) -> Sequence[str]:
        """The texts of the keys."""
        return self.tokens if self.key_tokens is None else self.key_tokens


def to_json(story: CellStory) -> dict[str, Any]:
    """Every number as the text that the page prints."""
    shares, out = story.shares, story.out_digits
    return {
        "title": story.title,
        "query": [story.query, visible_text(story.tokens[story.query])],
        "key": [story.key, visible_text(story.keys[story.key])],
        "q": _texts(story.q),
        "k": _texts(story.k),
        "products": _texts(story.products),
        "score": _text(story.score),
        "scale": [f"{story.scale:.6g}", story.scale_name],
        "scaled": _text(story.scaled),
        "temperature": f"{story.temperature:g}",
        "softmax": None if story.softmax is None else _softmax(story.softmax, story.keys),
        "weight": _text(story.weight, story.weight_digits),
        "edited": story.edited,
        "value": _texts(story.value),
        "look": _texts(story.look[0], out),
        "others": _texts(story.look[1], out),
        "out": _texts(story.out, out),
        "words": shares.words,
        "raised": shares.raised,
        "shares": [
            [visible_text(token), *(_text(float(n), shares.digits) for n in numbers)]
            for token, *numbers in zip(
                shares.tokens, shares.look, shares.head, shares.rest, shares.logit, strict=True
            )
        ],
        "colors": {**ACCENTS, "up": UP, "down": DOWN},
    }


def _softmax(softmax: Softmax, tokens: Sequence[str]) -> dict[str, Any]:
    return {
        "above": _text(softmax.above),
        "largest": _text(softmax.largest),
        "exps": _texts(np.asarray(softmax.exps), softmax.digits),
        "keys": [[key, visible_text(tokens[key])] for key in softmax.keys],
        "rest": softmax.rest,
        "total": _text(softmax.total, softmax.digits),
    }


def _texts(numbers: Numbers, digits: int = DIGITS) -> list[str]:
    return [_text(float(number), digits) for number in numbers]


def _text(number: float, digits: int = DIGITS) -> str:
    text = f"{number:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text
