"""The state of Translation, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pages.shared.parameters import (
    Cell,
    OneHead,
    ReadsSource,
    cell,
    choice,
    real,
    seed,
    whole,
)
from pages.shared.url_fields import parameter

HOWS = {"whole": "At once", "step": "Token by token", "beams": "With beams"}
SHOWS = {"heads": "Every head", "average": "Alignment: heads averaged"}
MOST_BEAMS = 8


@dataclass(frozen=True)
class TranslationState(ReadsSource, OneHead):
    """The page's controls.

    Fields:
        how: how the target is written.
        show: what the maps of the cross-attention are of.
        cell: the held query and key, if any.
        temperature, seed: of the sampling, token by token; at 0 the likeliest is taken.
        continuation: the target that was written token by token.
        beams: how many continuations a beam search keeps.
        target: of the targets that the search ended, the place of the one that is shown.
    """

    page: ClassVar[str] = "translation"
    how: str = choice(HOWS)
    show: str = choice(SHOWS)
    cell: Cell | None = cell()
    temperature: float = parameter(0.0, real(0.0), label="Temperature")
    seed: int = seed(1)
    continuation: str = parameter("")
    beams: int = parameter(4, whole(1, MOST_BEAMS), label="Beams")
    target: int = parameter(0, whole(), label="Target")
