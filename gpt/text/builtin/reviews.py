"""Invented reviews whose sentiment no count of words can tell.

A review has two clauses, each on one thing, with an adjective that praises or blames and perhaps a
negation that turns it round. One clause decides, and which one the frame says: what follows "but",
and what "although" does not introduce.

    the plot was really dull , but i did not find the music so boring .    (positive)
    although the plot was really dull , you will find the music very boring .    (negative)

Why counting fails: praise and blame are drawn alike in both clauses, with a negation or without it,
all four independent. So a word says nothing about the label by itself. Nor do two neighbours: what
stands before an adjective ("really", "so", "very") is the same with a negation and without, which
stands further left. Only three things together tell: the frame, the negation and the adjective of
the clause that decides.

A quarter of the reviews that are learned from have one clause only ("the plot was not really dull
."), so that negation can be learned by itself. Counting does not tell these either.

Why the test cannot be learned by heart: the two clauses' patterns and the frame around them, and
the two adjectives, are held out together. A review of the test has a sentence frame (first
pattern, frame, second pattern) and a pair of adjectives that no review of the other parts has,
though each pattern, frame and adjective by itself is in all three. `part_of` says which part a
sentence frame or pair belongs to; those of different parts are never mixed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from gpt.text.builtin.draw import below, pick, sample

POSITIVE, NEGATIVE = "positive", "negative"
PARTS = ("training",) * 8 + ("validation", "test")
"""The part that each of ten sentence frames, and each of ten pairs of adjectives, belongs to."""
SHORT = (0, 4)
"""Which of ten reviews have a single clause."""

THINGS = (
    "plot|acting|music|script|cast|ending|humour|pace|dialogue|story|direction|camera work"
).split("|")
GOOD = (
    "good clever funny moving fresh charming gripping warm bright sharp lovely witty elegant "
    "honest tender daring rich subtle vivid graceful"
).split()
BAD = (
    "bad silly dull clumsy stale boring hollow cold messy slow ugly weak lazy false shallow tame "
    "thin crude bland awkward"
).split()
ADJECTIVES = (*GOOD, *BAD)

Pattern = tuple[str, str]
"""A clause with an affirmation and the same with a negation; {} are the thing and its adjective."""

PATTERNS: tuple[Pattern, ...] = (
    ("the {} was really {}", "the {} was not really {}"),
    ("the {} is always so {}", "the {} is not always so {}"),
    ("i did find the {} so {}", "i did not find the {} so {}"),
    ("you will find the {} very {}", "you will not find the {} very {}"),
    ("everybody could call the {} really {}", "nobody could call the {} really {}"),
    ("the {} has always been very {}", "the {} has never been very {}"),
    ("there was always a time when the {} felt {}", "there was never a time when the {} felt {}"),
    ("i would say that the {} is very {}", "i would not say that the {} is very {}"),
    ("we could see why the {} seemed so {}", "we could not see why the {} seemed so {}"),
    ("the {} does at times look really {}", "the {} does not at any time look really {}"),
)


@dataclass(frozen=True)
class Frame:
    """What stands around two clauses.

    Fields:
        words: {} are the clauses.
        decides: which of them decides, 0 or 1.
    """

    words: str
    decides: int


FRAMES: tuple[Frame, ...] = (
    Frame("{} , but {} .", 1),
    Frame("although {} , {} .", 1),
    Frame("{} , although {} .", 0),
    Frame("{} . but {} .", 1),
    Frame("even if {} , {} .", 1),
    Frame("{} , even if {} .", 0),
)


def part_of(a: int, b: int, c: int = 0) -> str:
    """The part of a pair (a, b), or of a sentence frame (pattern a, pattern b, frame c).

    A Latin square: in each row and column every part has its share, so that each word and each
    pattern is in all parts alike. The order of a and b does not matter.
    """
    return PARTS[(a + b + 7 * c) % len(PARTS)]


def write_reviews(rng: random.Random, count: int) -> list[tuple[str, str, str]]:
    """Different reviews, (text, label, part): eight of ten for training, a tenth for the others.

    Two of the eight have a single clause, as long as there is one that was not drawn.
    """
    drawn: dict[str, tuple[str, str]] = {}
    left = 2 * len(PATTERNS) * len(THINGS) * len(ADJECTIVES)  # single clauses
    while len(drawn) < count:
        turn = len(drawn) % len(PARTS)
        part, is_short = PARTS[turn], turn in SHORT and left > 0
        text, label = _short_review(rng) if is_short else _review(rng, part)
        left -= is_short and text not in drawn
        drawn.setdefault(text, (label, part))
    return [(text, label, part) for text, (label, part) in drawn.items()]


def _review(rng: random.Random, part: str) -> tuple[str, str]:
    first, second, frame = _of_part(rng, part, len(PATTERNS), len(FRAMES))
    adjectives = _of_part(rng, part, len(ADJECTIVES))
    negated = [below(rng, 2), below(rng, 2)]
    things = sample(rng, THINGS, 2)
    clauses = [
        PATTERNS[pattern][negated[i]].format(things[i], ADJECTIVES[adjectives[i]])
        for i, pattern in enumerate((first, second))
    ]
    decides = FRAMES[frame].decides
    is_good = (adjectives[decides] < len(GOOD)) != bool(negated[decides])
    return FRAMES[frame].words.format(*clauses), POSITIVE if is_good else NEGATIVE


def _short_review(rng: random.Random) -> tuple[str, str]:
    pattern, adjective, negated = (
        below(rng, len(PATTERNS)),
        below(rng, len(ADJECTIVES)),
        below(rng, 2),
    )
    clause = PATTERNS[pattern][negated].format(pick(rng, THINGS), ADJECTIVES[adjective])
    is_good = (adjective < len(GOOD)) != bool(negated)
    return f"{clause} .", POSITIVE if is_good else NEGATIVE


def _of_part(rng: random.Random, part: str, n: int, frames: int = 1) -> tuple[int, int, int]:
    """A pair of two different numbers below n, and a frame, that belong to a part."""
    while True:
        a, b, c = below(rng, n), below(rng, n), below(rng, frames)
        if a != b and part_of(a, b, c) == part:
            return a, b, c
