"""Texts under each other, each token tinted by one number, which hovering it reads out.

A small component: the tokens reach the browser as text, never as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from viz.colors import DOWN, UP
from viz.easel.component import component
from viz.easel.framing import json_numbers
from viz.map_scale import signed_end
from viz.text import readable, visible

_component = component(__file__, "tinted_texts", testid="tinted")


@dataclass(frozen=True, eq=False)
class TintedText:
    """A text with a number at each of its T tokens.

    Fields:
        title: what stands above it, and facts beside that.
        tokens: T pieces of text.
        numbers: (T,); nan where there is none.
        given: how many of the tokens are a prompt's.
        lacks: why there is no number at all; "" if there are some.
    """

    title: str
    facts: str
    tokens: Sequence[str]
    numbers: np.ndarray
    given: int = 0
    lacks: str = ""

    def __post_init__(self) -> None:
        if len(self.tokens) != len(self.numbers):
            raise ValueError(
                f"{len(self.tokens)} tokens need as many numbers, got {len(self.numbers)}"
            )


def tinted_texts(texts: Sequence[TintedText], name: str, *, key: str) -> None:
    """Draw the texts; all share one scale, whose ends are printed.

    Args:
        name: what the number is, with its unit.
    """
    _component(key=key, data=tinted_data(texts, name))


def tinted_data(texts: Sequence[TintedText], name: str) -> dict[str, Any]:
    """The texts and their scale as plain JSON types; a missing number is null."""
    every = np.concatenate([text.numbers for text in texts]) if texts else np.zeros(0)
    numbers = every[np.isfinite(every)]
    return {
        "name": name,
        "end": signed_end(numbers),
        "low": bool((numbers < 0).any()),
        "high": bool((numbers > 0).any()),
        "texts": [
            {
                "title": readable(text.title),
                "facts": readable(text.facts),
                "lacks": text.lacks,
                "given": text.given,
                "pieces": [visible(token) for token in text.tokens],
                "texts": [_readable(token) for token in text.tokens],
                # Exact in 32 bits, as the browser prints them.
                "numbers": json_numbers(text.numbers.astype(np.float32)),
            }
            for text in texts
        ],
        "colors": {"up": UP, "down": DOWN},
    }


def _readable(token: str) -> str:
    """As `visible`, but for spaces, which a text is read with."""
    return "".join(char if char == " " else visible(char) for char in token)
