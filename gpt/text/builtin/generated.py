"""Examples that Headlight writes itself: labelled texts, and pairs of a source and its target.

As the texts are, they are drawn from a seed: the same name, seed and count give the same examples
on every machine. Where a rule says which examples must not be learned from, each has its part of
the split ("training", "validation", "test"), or "any" if it is free.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gpt.checks import is_whole
from gpt.errors import TextError
from gpt.text.builtin.letter_pairs import write_reversed, write_sorted
from gpt.text.builtin.number_words import write_english, write_french
from gpt.text.builtin.reviews import write_reviews

Row = tuple[str, str, str]
"""Text, label and part; or source, target and part."""

FEWEST, MOST = 100, 200_000


@dataclass(frozen=True)
class BuiltinExamples:
    """One kind of examples that we can write.

    Fields:
        name: what the command line and a run's config call it.
        kind: "labelled" or "pairs".
        title: what a page calls it.
        description: for a learner: what it is, and what attention to expect.
        write: makes so many rows.
        tokenizer: the kind that suits it, of `tokenizers.choices.CHOICES`, with its size.
        source_tokenizer: the same for the sources, if they have a vocabulary of their own.
    """

    name: str
    kind: str
    title: str
    description: str
    write: Callable[[random.Random, int], list[Row]]
    tokenizer: str
    source_tokenizer: str | None = None


_ALL = (
    BuiltinExamples(
        "reviews",
        "labelled",
        "Invented reviews",
        "Reviews of one or two clauses, good or bad, in which “not” and “but” turn the sentiment "
        "round. Counting words says nothing. Expect heads in which an adjective looks at its "
        "negation, and others that look for the “but”.",
        write_reviews,
        "words:256",
    ),
    BuiltinExamples(
        "numbers-en",
        "pairs",
        "Numbers in English",
        "Digits, and the same number in English words. Expect each word to look at its digit; "
        "from thirteen to nineteen one word stands for two digits, and says the last one first.",
        write_english,
        "words:64",
        "characters",
    ),
    BuiltinExamples(
        "numbers-fr",
        "pairs",
        "Numbers in French",
        "Digits, and the same number in French words. Expect each word to look at its digit; from "
        "70 to 79 and from 90 to 99 one word joins two digits: soixante-quinze, sixty-fifteen.",
        write_french,
        "words:64",
        "characters",
    ),
    BuiltinExamples(
        "reverse",
        "pairs",
        "Reverse",
        "Random letters, and the same letters from the last to the first. Expect cross-attention "
        "along the other diagonal: each letter looks at its mirror image.",
        write_reversed,
        "characters",
    ),
    BuiltinExamples(
        "sort",
        "pairs",
        "Sort",
        "Random letters, and the same letters in the order of the alphabet. Expect each letter to "
        "look at the next larger one, wherever it stands.",
        write_sorted,
        "characters",
    ),
)
BUILTIN_EXAMPLES: dict[str, BuiltinExamples] = {examples.name: examples for examples in _ALL}


def write(name: str, kind: str, seed: int, count: int) -> list[Row]:
    """So many examples of one kind, "labelled" or "pairs".

    Raises:
        TextError: no such generator of this kind, or a count that cannot be.
    """
    known = [examples.name for examples in _ALL if examples.kind == kind]
    if name not in known:
        what = "labelled examples" if kind == "labelled" else "pairs"
        raise TextError(f"there are no built-in {what} {name!r}; there are {', '.join(known)}")
    if not (is_whole(count) and FEWEST <= count <= MOST):
        raise TextError(f"built-in examples are {FEWEST:,} to {MOST:,}, not {count!r}")
    return BUILTIN_EXAMPLES[name].write(random.Random(seed), count)


def arguments(description: Mapping[str, Any]) -> tuple[str, int, int]:
    """The name, seed and count out of the description of generated examples.

    Raises:
        TextError: one of them is missing.
    """
    names = ("builtin", "seed", "count")
    if missing := [name for name in names if name not in description]:
        raise TextError(f"the description of generated examples lacks {' and '.join(missing)}")
    return description["builtin"], description["seed"], description["count"]
