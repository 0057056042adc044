"""Progress: how far a person is in the tour, as a text that the browser keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote

MARK = re.compile(r"([a-z0-9-]+)\.([rwa]{1,3})")
LONGEST = 3500
"""Characters of a cookie that a browser surely keeps."""

RIGHT, WRONG, DONE = "r", "w", "a"


@dataclass(frozen=True)
class Progress:
    """How far a person is.

    Fields:
        marks: of a stop, by its name: whether an answer was right, one was wrong, the act is done.
        run: the run that stands in for those of the stops, if there is one.
    """

    marks: Mapping[str, str] = field(default_factory=dict)
    run: str = ""

    def has(self, stop: str, mark: str) -> bool:
        """Whether a stop has a mark."""
        return mark in self.marks.get(stop, "")

    def with_mark(self, stop: str, mark: str) -> Progress:
        """The same with one more mark."""
        if self.has(stop, mark):
            return self
        return replace(self, marks={**self.marks, stop: self.marks.get(stop, "") + mark})

    def with_run(self, run: str) -> Progress:
        """The same with another run in place of the stops' own; "": with their own."""
        return replace(self, run=run)

    def first_open(self, stops: Sequence[str]) -> str:
        """The first stop without a right answer; the first of all if there is none."""
        return next((name for name in stops if not self.has(name, RIGHT)), stops[0])

    def text(self) -> str:
        """As a cookie holds it.

        >>> Progress({"mask": "wr", "scale": "ra"}, "class 3").text()
        'mask.wr/scale.ra|class%203'
        """
        marks = "/".join(f"{stop}.{letters}" for stop, letters in self.marks.items())
        return f"{marks}|{quote(self.run, safe='')}"[:LONGEST]


def read(text: str) -> Progress:
    """The progress of a cookie; what is no mark is left out.

    >>> read("mask.wr/scale.ra/<script>|class%203")
    Progress(marks={'mask': 'wr', 'scale': 'ra'}, run='class 3')
    """
    marks, _, run = text[:LONGEST].partition("|")
    matches = (MARK.fullmatch(each) for each in marks.split("/"))
    return Progress({match[1]: match[2] for match in matches if match}, unquote(run))
