"""Stops of the tour: each is a small file of data, which a teacher can write too.

A stop opens one page in one state, asks one question that a measure of `gpt.inspect.measures`
answers, and names one act. docs/guide/tour.md says what each field means.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from gpt.errors import ConfigError
from gpt.inspect.measures.catalogue import check_measure
from gpt.inspect.measures.reading import PATTERNS
from pages.shared.glossary import marked
from pages.shared.lecture import SECONDS
from pages.shared.parameters import Cell

SHIPPED = Path(__file__).resolve().parent / "itinerary"
FOLDER = "HEADLIGHT_TOUR"
"""The variable that names a folder of stops in place of the shipped ones."""

FILE = re.compile(r"(\d+)-([a-z0-9]+(?:-[a-z0-9]+)*)\.toml")
LENGTH = 6980
"""Seconds of the lecture's video."""
DOES = ("writes", "labels", "translates", "weighs")
TOKENS = ("prompt", "source")
CLICKS = ("key", "cell")

Part = TypeVar("Part", bound="Answer | Act | Stop")


@dataclass(frozen=True)
class Answer:
    """How a question is answered and marked.

    Fields:
        measure, settings: the measure that gives the model's own answer.
        words: a sentence about it, with the measure's numbers in braces.
        choices, cuts: a choice is right if the number lies between its two cuts; the first choice
            is below the first cut, the last one from the last cut on.
        within: a number is right if it is no further from the measured one.
        tokens: "prompt" or "source", the text of which a token is picked.
        click: "key" or "cell": a cell of the page's picture is clicked. The column of "key" is a
            token's place, and marked as one. The measure gets the query and the key of "cell".
        between: such a cell is right if the number that is measured there lies between these two.
    """

    measure: str
    words: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    cuts: tuple[float, ...] = ()
    within: float | None = None
    tokens: str = ""
    click: str = ""
    between: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_measure(self.measure, self.settings_at((0, 0)))
        ways = [bool(self.choices), self.within is not None, bool(self.tokens), bool(self.click)]
        if sum(ways) != 1:
            raise ConfigError(
                "an answer has choices, or within, or tokens, or click, and only one of them"
            )
        self._check_click()
        if self.choices and len(self.choices) != len(self.cuts) + 1:
            raise ConfigError(
                f"{len(self.choices)} choices need {len(self.choices) - 1} cuts between them; "
                f"there are {len(self.cuts)}"
            )
        if list(self.cuts) != sorted(self.cuts):
            raise ConfigError(f"cuts are {list(self.cuts)}; let them rise")
        if self.tokens and self.tokens not in TOKENS:
            raise ConfigError(f"tokens is {self.tokens!r}; it can be {', '.join(TOKENS)}")

    def _check_click(self) -> None:
        if self.click and self.click not in CLICKS:
            raise ConfigError(f"click is {self.click!r}; it can be {', '.join(CLICKS)}")
        if bool(self.between) != (self.click == "cell"):
            raise ConfigError('between goes with click = "cell", and each needs the other')
        if self.between and (len(self.between) != 2 or self.between[0] > self.between[1]):
            raise ConfigError(f"between is {list(self.between)}; give the lower and the upper end")

    def settings_at(self, cell: Cell) -> dict[str, Any]:
        """The settings of the measure if a cell (query, key) is clicked."""
        clicked = {"query": cell[0], "key": cell[1]} if self.click == "cell" else {}
        return {**self.settings, **clicked}


@dataclass(frozen=True)
class Act:
    """What a person does on the page.

    Fields:
        text: what to do.
        state: the parameters that the page's URL has when it is done; * stands for any text.
    """

    text: str
    state: Mapping[str, str]

    def __post_init__(self) -> None:
        if not self.state or not all(isinstance(text, str) for text in self.state.values()):
            raise ConfigError("an act needs state: parameters of the page's URL, as texts")


@dataclass(frozen=True)
class Stop:
    """One stop of the tour.

    Fields:
        name: in a link; the file's name without its number.
        title, text, question: as they stand on the page, in Markdown; text may mark words of the
            glossary.
        seconds: of the lecture's video.
        page: the address of the page.
        run: a shipped run; another one of the same kind may take its place.
        answer, act: see there.
        does: what a run must do to be read here: "writes", "labels", "translates" or "weighs", as
            a reward model does.
        prompt, source: what it reads, if it can; else the run's own prompt.
        head: a pattern; the page opens at the head that has most of it.
        state: more parameters of the page's URL.
        light: parameters that the page gets with the answer, with the measure's numbers in braces.
        waits: whether the page opens only when the question is answered.
        withheld: so many tokens at the prompt's end come with the answer; the page opens without.
        matrix: of *Inside a head*, the matrix that is brought in sight.
    """

    name: str
    title: str
    seconds: int
    page: str
    run: str
    text: str
    question: str
    answer: Answer
    act: Act
    does: str = DOES[0]
    prompt: str | None = None
    source: str | None = None
    head: str | None = None
    state: Mapping[str, str] = field(default_factory=dict)
    light: Mapping[str, str] = field(default_factory=dict)
    waits: bool = False
    withheld: int = 0
    matrix: str = ""

    def __post_init__(self) -> None:
        if not (isinstance(self.seconds, int) and 0 <= self.seconds <= LENGTH):
            raise ConfigError(f"seconds is {self.seconds}; the video has {LENGTH:,}")
        marked(self.text + self.answer.words)
        if self.does not in DOES:
            raise ConfigError(f"does is {self.does!r}; it can be {', '.join(DOES)}")
        if self.head is not None and self.head not in PATTERNS:
            raise ConfigError(f"head is {self.head!r}; it can be {', '.join(PATTERNS)}")
        if self.answer.click and self.waits:
            raise ConfigError("a picture is clicked, so the page must be open: leave waits out")
        if self.withheld and (self.withheld < 0 or self.does != "writes"):
            raise ConfigError("withheld is a number of tokens, at the end of what a decoder reads")

    @property
    def video(self) -> str:
        """The lecture's video at its second."""
        return f"https://www.youtube.com/watch?v=kCc8FmEb1nY&t={self.seconds}s"


def folder() -> Path:
    """Where the stops are."""
    return Path(os.environ.get(FOLDER) or SHIPPED)


def read_all(where: Path) -> tuple[Stop, ...]:
    """The stops of a folder, in the order of their numbers.

    Raises:
        ConfigError: there are none, or a file makes no stop; the message names it.
    """
    numbered = sorted(
        (int(match[1]), path) for path in where.glob("*.toml") if (match := FILE.match(path.name))
    )
    if not numbered:
        raise ConfigError(f"{where} has no stops; their files are called 01-name.toml and so on")
    stops = tuple(read(path) for _, path in numbered)
    if len({stop.name for stop in stops}) < len(stops):
        raise ConfigError(f"{where} has two stops of one name")
    return stops


def read(path: Path) -> Stop:
    """The stop of a file.

    Raises:
        ConfigError: the file makes no stop; the message names it.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        name = path.stem.partition("-")[2]
        if "moment" in content:
            content["seconds"] = _seconds(content.pop("moment"))
        answer = _made(Answer, content.pop("answer", {}))
        act = _made(Act, content.pop("act", {}))
        return _made(Stop, content, name=name, answer=answer, act=act)
    except (OSError, ValueError) as error:  # a ConfigError, or broken TOML
        raise ConfigError(f"the stop {path.name}: {error}") from None


def _seconds(moment: object) -> int:
    """The second of the video at which a moment of `lecture.SECONDS` is."""
    if moment not in SECONDS:
        raise ConfigError(f"moment is {moment!r}; it can be {', '.join(SECONDS)}")
    return SECONDS[str(moment)]


def _made(cls: type[Part], content: Mapping[str, Any], **more: Any) -> Part:
    """A part of a stop, from a table of its file; lists become tuples."""
    known = {each.name for each in fields(cls)} - set(more)
    if unknown := sorted(set(content) - known):
        raise ConfigError(f"it has {', '.join(unknown)}; it can have {', '.join(sorted(known))}")
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }
    try:
        return cls(**(values | more))
    except TypeError as error:
        raise ConfigError(str(error).partition("__init__() ")[2]) from None


def place_of(stops: Sequence[Stop], name: str | None) -> int | None:
    """The place of a stop among others, from 0; None if it is not there."""
    return next((place for place, stop in enumerate(stops) if stop.name == name), None)
