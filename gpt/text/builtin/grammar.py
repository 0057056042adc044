"""A small grammar: rules with blanks, filled at random, that come out as English words.

A rule is a line of words and blanks, "the <thing> that <she> kept,"; each blank names other
rules or a list of words. Punctuation stays with the word before it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import cache

RulePart = tuple[
    str, bool, str
]  # a word or the name of a blank, whether it is a blank, punctuation
_PART = re.compile(r"<([a-z_]+)>(\S*)")
_VOWELS = "aeiou"
_SILENT_H = ("honest", "honour", "hour", "heir")
_SOUNDS_LIKE_YOU = ("use", "uni")


class Grammar:
    """Rules by the name of the blank that they fill."""

    def __init__(self, rules: Mapping[str, Sequence[str]]) -> None:
        self.rules = {name: tuple(_parse(rule) for rule in of) for name, of in rules.items()}

    def expand(
        self, rng: random.Random, name: str, given: Mapping[str, str] | None = None
    ) -> list[str]:
        """The words of one way to fill the blank `name`.

        Args:
            given: blanks whose words are already decided.
        """
        words: list[str] = []
        self._expand(rng, name, given or {}, words)
        for i in range(len(words) - 1):
            if words[i] in ("a", "A"):
                words[i] += article(words[i + 1])[1:]
        return words

    def sentence(
        self, rng: random.Random, name: str, given: Mapping[str, str] | None = None
    ) -> list[str]:
        """The same, beginning with a capital letter."""
        words = self.expand(rng, name, given)
        words[0] = capital(words[0])
        return words

    def _expand(
        self, rng: random.Random, name: str, given: Mapping[str, str], words: list[str]
    ) -> None:
        of = self.rules[name]
        for text, blank, mark in of[int(rng.random() * len(of))]:
            if not blank:
                words.append(text)
                continue
            if text in given:
                words.extend(given[text].split())
            else:
                self._expand(rng, text, given, words)
            if mark:
                words[-1] += mark


def _parse(rule: str) -> tuple[RulePart, ...]:
    parts: list[RulePart] = []
    for piece in rule.split():
        blank = _PART.fullmatch(piece)
        parts.append((blank[1], True, blank[2]) if blank else (piece, False, ""))
    return tuple(parts)


def either(text: str) -> tuple[str, ...]:
    """The ways to fill a blank, written in one line: "by night|at dusk|alone"."""
    return tuple(text.split("|"))


def capital(word: str) -> str:
    """The word with its first letter large, also behind an apostrophe: 'tis, 'Tis."""
    return "'" + capital(word[1:]) if word[:1] == "'" else word[:1].upper() + word[1:]


def article(word: str) -> str:
    """What stands before a noun or adjective: "a" lantern, "an" anchor, "an" honest anchor."""
    if word.startswith(_SILENT_H):
        return "an"
    return "an" if word[0] in _VOWELS and not word.startswith(_SOUNDS_LIKE_YOU) else "a"


def plural(noun: str) -> str:
    """Several of it. Nouns that do otherwise are given with their plural: "goose/geese"."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def third(verb: str) -> str:
    """The form after he, she or it: "keep" keeps, "carry" carries, "teach" teaches."""
    return verb + "es" if verb.endswith("o") else plural(verb)


def past(verb: str) -> str:
    """The past of a regular verb: "mend" mended, "carry" carried, "praise" praised."""
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if verb.endswith("y") and verb[-2] not in _VOWELS else verb + "ed"


@cache
def syllables(word: str) -> int:
    """About how many syllables a word has: its groups of vowels, less a silent e.

    >>> [syllables(word) for word in ("stone", "lantern", "candle", "mended", "praised,")]
    [1, 2, 2, 2, 1]
    """
    letters = re.sub("[^a-z]", "", word.lower())
    groups = len(re.findall("[aeiouy]+", letters))
    if re.search("[^aeiouyl]e$|[aeiou]le$", letters):
        groups -= 1  # stone, rule; but not candle
    elif re.search("[^aeioudty]ed$|[aeiou][tp]hes$", letters):
        groups -= 1  # praised; but not mended, waited
    elif re.search("[^aeiouyscxzhgl]es$|[aeiou]les$", letters):
        groups -= 1  # takes, holes; but not houses, candles
    return max(1, groups)
