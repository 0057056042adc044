"""Invented reviews cut in two: a beginning is the prompt, how it goes on is the answer.

    the plot was not     really dull .
    i did find the cast so     funny .

No rule says how good an answer is. A classifier can say how probable a label of the whole review
is, which is an estimate.
"""

from __future__ import annotations

import random
from zlib import crc32

from gpt.text.builtin.draw import between
from gpt.text.builtin.reviews import write_reviews

LONGEST = 60
"""Characters of a review: small models read few."""
SHORTEST = 2
"""Words of a beginning, and of how it goes on: an adjective and the full stop."""
DRAWN = 1000
"""Reviews that are drawn at a time; the longer ones of them are left out."""
PARTS = ("training",) * 8 + ("validation", "test")
"""Of ten beginnings, so many are of each part."""


def part_of(prompt: str) -> str:
    """The part of the split that a beginning belongs to, whatever the seed; commas aside."""
    words = [word for word in prompt.split() if word.isalpha()]
    return PARTS[crc32(" ".join(words).encode()) % len(PARTS)]


def write_begun_reviews(rng: random.Random, count: int) -> list[tuple[str, str, str]]:
    """(prompt, answer, part): invented reviews, good and bad ones alike, cut at any word."""
    rows: list[tuple[str, str, str]] = []
    while len(rows) < count:
        texts = (text for text, *_ in write_reviews(rng, DRAWN))
        cut = (_halves(rng, text.split()) for text in texts if len(text) <= LONGEST)
        rows += [(prompt, answer, part_of(prompt)) for prompt, answer in cut]
    return rows[:count]


def _halves(rng: random.Random, words: list[str]) -> tuple[str, str]:
    at = between(rng, SHORTEST, len(words) - SHORTEST)
    return " ".join(words[:at]), " ".join(words[at:])
