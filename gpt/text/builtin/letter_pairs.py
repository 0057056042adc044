"""Letters as pairs: a random string, and the same letters reversed or in order.

No letter occurs twice in a string, so that exactly one place of the source is right for each letter
of the target.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from gpt.text.builtin.draw import between, sample
from gpt.text.builtin.tasks import LETTERS

SHORTEST, LONGEST = 4, 12


def write_reversed(rng: random.Random, count: int) -> list[tuple[str, str, str]]:
    """("qhxb", "bxhq", "any"): the last letter first.

    The right cross-attention is the other diagonal: target letter i looks at source letter
    S - 1 - i, and the end of the target follows the source's first letter.
    """
    return _pairs(rng, count, lambda letters: letters[::-1])


def write_sorted(rng: random.Random, count: int) -> list[tuple[str, str, str]]:
    """("qhxb", "bhqx", "any"): in the order of the alphabet.

    The right cross-attention: the place of the next larger letter, which `sorted_places` gives.
    """
    return _pairs(rng, count, lambda letters: "".join(sorted(letters)))


def sorted_places(letters: str) -> list[int]:
    """Where each letter of the sorted target stands in the source.

    >>> sorted_places("qhxb")
    [3, 1, 0, 2]
    """
    return sorted(range(len(letters)), key=letters.__getitem__)


def _pairs(
    rng: random.Random, count: int, target: Callable[[str], str]
) -> list[tuple[str, str, str]]:
    drawn: dict[str, None] = {}
    while len(drawn) < count:
        drawn["".join(sample(rng, LETTERS, between(rng, SHORTEST, LONGEST)))] = None
    return [(letters, target(letters), "any") for letters in drawn]
