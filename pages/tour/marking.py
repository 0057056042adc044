"""Marking: whether an answer is the model's own, and the model's own answer in words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gpt.errors import ConfigError
from gpt.inspect.measures.reading import Measured
from pages.shared.glossary import marked
from pages.shared.parameters import Cell
from pages.shared.plain import plain
from pages.tour.stops import Act, Answer
from viz.text import visible

MINUS = re.compile(r"(?<![\w.])-(?=\d)")
Given = float | Cell
"""An answer: the place of a choice or of a token, from 0, or a number, or a cell (query, key)."""


@dataclass(frozen=True)
class Verdict:
    """What the model says of an answer.

    Fields:
        is_right: whether the answer is the model's own.
        words: the model's own answer, in Markdown.
    """

    is_right: bool
    words: str


def mark(answer: Answer, measured: Measured, given: Given) -> Verdict:
    """Mark an answer.

    Raises:
        ConfigError: the words name a number that the measure does not have.
    """
    return Verdict(is_right(answer, measured, given), words(answer, measured))


def is_right(answer: Answer, measured: Measured, given: Given) -> bool:
    """Whether an answer is the model's own.

    Args:
        measured: at the clicked cell, where a cell is clicked.

    >>> three = Answer("uniform_loss", "", choices=("low", "middle", "high"), cuts=(1.0, 2.0))
    >>> [is_right(three, Measured(value), 1) for value in (0.5, 1.0, 1.5, 2.0)]
    [False, True, True, False]
    """
    if answer.click == "cell":
        low, high = answer.between
        return low <= measured.value <= high
    assert not isinstance(given, tuple)
    if answer.choices:
        return int(given) == bisect_right(answer.cuts, measured.value)
    if answer.within is not None:
        return abs(given - measured.value) <= answer.within
    return int(given) == int(measured.value)


def words(answer: Answer, measured: Measured) -> str:
    """The model's own answer, in Markdown; what is called a token is drawn as one.

    Raises:
        ConfigError: the words name a number that the measure does not have, or mark a word that the
            glossary does not have.
    """
    numbers = {
        name: value
        if not isinstance(value, str)
        else plain(visible(value) if "token" in name else value)
        for name, value in measured.numbers.items()
    }
    return _filled(marked(answer.words.strip()), numbers)


def lit(light: Mapping[str, str], measured: Measured) -> dict[str, str]:
    """The parameters that light up what an answer is about.

    Raises:
        ConfigError: they name a number that the measure does not have.
    """
    return {name: _filled(text, measured.numbers) for name, text in light.items()}


def _filled(text: str, numbers: Mapping[str, float | str]) -> str:
    try:
        return MINUS.sub("−", text.format(**numbers))
    except (KeyError, IndexError, ValueError, AttributeError):
        known = ", ".join(numbers) or "none"
        raise ConfigError(f"{text!r} cannot be filled in; its numbers are: {known}") from None


def is_done(act: Act, standing: Mapping[str, str]) -> bool:
    """Whether a page's parameters are those of an act.

    >>> act = Act("Write on.", {"prompt": "To be*", "mask": "none"})
    >>> is_done(act, {"prompt": "To be or", "mask": "none"}), is_done(act, {"mask": "none"})
    (True, False)
    """
    return all(fnmatchcase(standing.get(name, ""), text) for name, text in act.state.items())
