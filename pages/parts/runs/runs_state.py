"""The state of Runs, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pages.shared.parameters import AtSite, OneHead, Reads, choice, whole
from pages.shared.url_fields import parameter

SHOWS = {
    "curves": "Loss curves",
    "time": "Attention over time",
    "compare": "Compare two",
}


@dataclass(frozen=True)
class RunsState(Reads, AtSite, OneHead):
    """The page's controls.

    Fields:
        runs: names of the chosen rows, between commas; None: the newest.
        show: the section.
        step: of the snapshot; None: the last.
        a, b, layer_a, head_a, layer_b, head_b: the two compared runs, and their heads.
    """

    page: ClassVar[str] = "runs"
    runs: str | None = parameter(nothing="the newest")
    show: str = choice(SHOWS)
    step: int | None = parameter(None, whole(), nothing="the last snapshot")
    a: str | None = parameter(nothing="the first of them")
    b: str | None = parameter(nothing="the second of them")
    layer_a: int = parameter(0, whole())
    head_a: int = parameter(0, whole())
    layer_b: int = parameter(0, whole())
    head_b: int = parameter(0, whole())
