"""Numbers from 0 to 999,999 in English and in French words, and the digits that each word says.

English is written with "and" ("six hundred and seventy-eight", "one thousand and five"). French is
written with the hyphens of 1990, which join all words of a number ("deux-cent-trois",
"vingt-et-un"); *cents* and *vingts* have their s at the end only.

A word is what one token should be: what stands between blanks, cut before each hyphen, so that
"forty-five" is "forty" and "-five". `digits_of` says which digits a word depends on: those whose
change could change the word, or take it away.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from gpt.errors import TextError
from gpt.text.builtin.draw import below, between

LARGEST = 999_999
TAUGHT = 100
"""Numbers below are always learned from: 0 and French 1 are words that no other number has."""

Digits = tuple[int, ...]

ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
FRENCH = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
).split()
FRENCH_TENS = "vingt trente quarante cinquante soixante".split()


@dataclass(frozen=True)
class NumberWord:
    """One word of a number.

    Fields:
        text: with the hyphen before it, if there is one.
        digits: the positions of the digits that it depends on, from 0 at the left.
    """

    text: str
    digits: Digits


@dataclass(frozen=True)
class _Three:
    """Three digits of a number, hundreds, tens and units, and where each stands in it.

    A position below 0 is a digit that is not written.
    """

    digits: tuple[int, int, int]
    positions: tuple[int, int, int]

    @property
    def value(self) -> int:
        h, t, u = self.digits
        return 100 * h + 10 * t + u

    def at(self, which: str) -> Digits:
        """The positions of some of "htu" that are written."""
        return tuple(
            position
            for name, position in zip("htu", self.positions, strict=True)
            if name in which and position >= 0
        )


def write_english(rng: random.Random, count: int) -> list[tuple[str, str, str]]:
    """("345", "three hundred and forty-five", "any")."""
    return _pairs(rng, count, english)


def write_french(rng: random.Random, count: int) -> list[tuple[str, str, str]]:
    """("345", "trois-cent-quarante-cinq", "any")."""
    return _pairs(rng, count, french)


def _pairs(
    rng: random.Random, count: int, words: Callable[[int], list[NumberWord]]
) -> list[tuple[str, str, str]]:
    """Different numbers: all below `TAUGHT`, then of one to six digits, each length as often."""
    numbers = dict.fromkeys(range(min(count, TAUGHT)))
    while len(numbers) < count:
        numbers[below(rng, 10 ** between(rng, 3, 6))] = None
    return [(str(n), spelled(words(n)), "training" if n < TAUGHT else "any") for n in numbers]


def spelled(words: list[NumberWord]) -> str:
    """Words as text: a blank between two, unless the second begins with a hyphen."""
    return "".join(
        word.text if i == 0 or word.text.startswith("-") else f" {word.text}"
        for i, word in enumerate(words)
    )


def digits_of(number: int, language: str) -> list[Digits]:
    """For each word of a number, the positions of the digits that it depends on, from the left.

    >>> digits_of(345, "en")  # three, hundred, and, forty, -five
    [(0,), (0,), (0, 1, 2), (1,), (2,)]
    >>> digits_of(75, "fr")  # soixante, -quinze
    [(0,), (0, 1)]

    Raises:
        TextError: a number or a language that is not known here.
    """
    languages = {"en": english, "fr": french}
    if language not in languages:
        raise TextError(f"numbers are written in {' and '.join(languages)}, not in {language!r}")
    return [word.digits for word in languages[language](number)]


def english(number: int) -> list[NumberWord]:
    """A number in English.

    A digit's word and *hundred* depend on that digit, 10 to 19 on both, *thousand* on all digits
    before it, and *and* on the three digits of its group: it stands where tens or units follow
    hundreds, or where there are no hundreds after a thousand.

    Raises:
        TextError: below 0, or above 999,999.
    """
    thousands, ones = _groups(number)
    if number == 0:
        return [NumberWord("zero", (0,))]
    words = _english_group(thousands)
    if words:
        words.append(NumberWord("thousand", thousands.at("htu")))
        if 0 < ones.value < 100:
            words.append(NumberWord("and", ones.at("htu")))
    return words + _english_group(ones)


def _english_group(group: _Three) -> list[NumberWord]:
    h, t, u = group.digits
    words = []
    if h:
        words += [NumberWord(ENGLISH[h], group.at("h")), NumberWord("hundred", group.at("h"))]
        if t or u:
            words.append(NumberWord("and", group.at("htu")))
    if t > 1:
        words.append(NumberWord(ENGLISH_TENS[t - 2], group.at("t")))
        if u:
            words.append(NumberWord(f"-{ENGLISH[u]}", group.at("u")))
    elif t:
        words.append(NumberWord(ENGLISH[10 + u], group.at("tu")))
    elif u:
        words.append(NumberWord(ENGLISH[u], group.at("u")))
    return words


def french(number: int) -> list[NumberWord]:
    """A number in French.

    A digit's word and *cent* depend on that digit, *mille* on all digits before it, *-et-* on tens
    and units. From 11 to 16, and after *soixante* and *quatre-vingt* from 71 and 91, the last word
    says tens and units together; *dix* does, and the *sept* after it is the unit's. The s of
    *cents* and *vingts* depends on all that could follow.

    Raises:
        TextError: below 0, or above 999,999.
    """
    thousands, ones = _groups(number)
    if number == 0:
        return [NumberWord("zéro", (0,))]
    words = [] if thousands.value == 1 else _french_group(thousands, ends=False)
    if thousands.value:
        words.append(NumberWord("mille", thousands.at("htu")))
    words += _french_group(ones, ends=True)
    return [words[0], *(NumberWord(f"-{word.text}", word.digits) for word in words[1:])]


def _french_group(group: _Three, ends: bool) -> list[NumberWord]:
    """Three digits, without hyphens; `ends` says that no *mille* follows."""
    h, t, u = group.digits
    words = [NumberWord(FRENCH[h], group.at("h"))] if h > 1 else []
    if h:
        is_plural = h > 1 and ends and not t and not u
        words.append(
            NumberWord("cents", group.at("htu")) if is_plural else NumberWord("cent", group.at("h"))
        )
    return words + _french_tens(group, ends)


def _french_tens(group: _Three, ends: bool) -> list[NumberWord]:
    _, t, u = group.digits
    tens, both = group.at("t"), group.at("tu")
    if t < 2:
        return _french_teens(10 * t + u, group)
    if t >= 8:
        is_plural = ends and t == 8 and not u
        twenty = NumberWord("vingts", both) if is_plural else NumberWord("vingt", tens)
        return [NumberWord("quatre", tens), twenty, *_french_teens(10 * (t - 8) + u, group)]
    words = [NumberWord(FRENCH_TENS[min(t, 6) - 2], tens)]
    if u == 1:
        words.append(NumberWord("et", both))
    return words + _french_teens(10 * max(0, t - 6) + u, group)


def _french_teens(rest: int, group: _Three) -> list[NumberWord]:
    """0 to 19; from 10 on the first word says tens and units together."""
    both, units = group.at("tu"), group.at("u")
    if rest > 16:
        return [NumberWord("dix", both), NumberWord(FRENCH[rest - 10], units)]
    return [NumberWord(FRENCH[rest], both if rest >= 10 else units)] if rest else []


def _groups(number: int) -> tuple[_Three, _Three]:
    """The thousands and the ones of a number."""
    if not 0 <= number <= LARGEST:
        raise TextError(f"numbers from 0 to {LARGEST:,} are written in words, not {number:,}")
    digits, missing = f"{number:06d}", 6 - len(str(number))

    def three(first: int) -> _Three:
        h, t, u = (int(digits[i]) for i in range(first, first + 3))
        return _Three((h, t, u), (first - missing, first - missing + 1, first - missing + 2))

    return three(0), three(3)
