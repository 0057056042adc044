"""Where cross-attention looks while a number is written in words: at a digit that the word needs?

The query that writes word n is the token before it, so row n of a map (the start token has row 0)
belongs to word n.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gpt.checkpoint import Checkpoint
from gpt.errors import TextError
from gpt.inspect.trace import trace
from gpt.text.builtin.number_words import digits_of


@dataclass(frozen=True, eq=False)
class DigitAlignment:
    """How often each head looks at a digit that the word depends on.

    Fields:
        shares: (L, H) of the words, 0 to 1.
        chance: the same for a head that looks anywhere.
        words: how many there were.
    """

    shares: np.ndarray
    chance: float
    words: int

    @property
    def best(self) -> tuple[int, int]:
        """Layer and head with the highest share."""
        layer, head = np.unravel_index(self.shares.argmax(), self.shares.shape)
        return int(layer), int(head)


def looks_at(weights: np.ndarray, digits: Sequence[Sequence[int]]) -> np.ndarray:
    """For each head, how many words have their largest weight on a digit that they depend on.

    Args:
        weights: (L, H, T, S) of the cross-attention, T at least the number of words.
        digits: of each word, the places in the source.

    Returns:
        (L, H) counts.
    """
    places = weights.argmax(-1)  # (L, H, T, S) -> (L, H, T)
    right = [np.isin(places[..., n], list(needed)) for n, needed in enumerate(digits)]
    return np.sum(right, axis=0)


def digit_alignment(
    checkpoint: Checkpoint, numbers: Iterable[tuple[str, str]], language: str
) -> DigitAlignment:
    """Trace a translator on numbers and their words, and count.

    Args:
        numbers: (digits, words) each.
        language: "en" or "fr".

    Raises:
        TextError: a tokenizer that cuts a number into other words.
    """
    total, chance, words = np.zeros(1), 0.0, 0
    for source, target in numbers:
        ids, source_ids = checkpoint.ids_of(target), checkpoint.source_ids(source)
        traced = trace(checkpoint.model, ids, source=source_ids)
        needed = digits_of(int(source), language)
        if len(ids) != len(checkpoint.target_start) + len(needed):
            raise TextError(f"{target!r} is not one token a word for this model")
        total = total + looks_at(traced.cross.weights[:], needed)
        chance += sum(len(places) / len(source) for places in needed)
        words += len(needed)
    return DigitAlignment(total / words, chance / words, words)
