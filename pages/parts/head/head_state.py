"""The state of Inside a head, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import gpt
from pages.parts.head import head_matrices
from pages.shared.parameters import AtSite, OneHead, Reads, Switched, choice, whole
from pages.shared.url_fields import parameter

SHOWS = (
    "the matrices",
    "query and key swapped",
    "value down, value up",
    "all heads side by side",
)


@dataclass(frozen=True)
class HeadState(Reads, AtSite, Switched, OneHead):
    """The page's controls.

    Fields:
        cells: what a cell shows.
        show: the matrices, or an experiment.
        query, key: the chosen cell; None: the last query, and the key it gives most to.
    """

    page: ClassVar[str] = "head"
    cells: str = choice(head_matrices.CELLS)
    show: str = choice(SHOWS)
    query: int | None = parameter(None, whole(), of_site=True, nothing="the last token")
    key: int | None = parameter(
        None, whole(), of_site=True, nothing="the key with the largest weight"
    )

    def first_traced(self) -> gpt.Switches:
        """The controls' switches."""
        return self.switches()
