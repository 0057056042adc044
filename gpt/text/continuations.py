"""Texts cut into a beginning and how it goes on: demonstrations for a model that continues."""

from __future__ import annotations

from collections.abc import Iterable

from gpt.errors import TextError
from gpt.text.prompted import Demonstrations

SHARE = 0.5
"""Of a text's words, how many its beginning has."""


def continuations(name: str, texts: Iterable[str], longest: int = 60) -> Demonstrations:
    """Demonstrations out of texts: the first half of the words is the prompt, the rest the answer.

    Args:
        longest: characters of a text; longer ones are left out, as a small model reads few.

    Raises:
        TextError: no text has two words and at most so many characters.
    """
    cut = (text.split() for text in texts if len(text) <= longest)
    rows = tuple(halves(words) for words in cut if len(words) > 1)
    if not rows:
        raise TextError(
            f"no text of {name} has two words and at most {longest:,} characters; allow longer ones"
        )
    return Demonstrations(name, rows)


def halves(words: list[str]) -> tuple[str, str]:
    """The first half of some words, and the rest.

    >>> halves("the plot was not really dull .".split())
    ('the plot was not', 'really dull .')
    """
    at = max(1, min(len(words) - 1, round(SHARE * len(words))))
    return " ".join(words[:at]), " ".join(words[at:])
