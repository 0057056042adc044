"""The state of The ladder, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gpt.training.ladder.rungs import RUNGS, find
from pages.shared.pair_panel import Paired
from pages.shared.parameters import HIGHEST_SEED, OneHead, choice, whole
from pages.shared.url_fields import parameter

SHOWS = ("the climb", "one rung", "the start", "counting", "pairs")


@dataclass(frozen=True)
class LadderState(Paired, OneHead):
    """The page's controls.

    Fields:
        rung: by its name.
        climb_text, climb_seed: of all rungs; None: a text that is here, the lecture's seed.
    """

    page: ClassVar[str] = "ladder"
    show: str = choice(SHOWS)
    rung: str = parameter(RUNGS[1].name, lambda name: find(name).name)
    climb_text: str | None = parameter(nothing="a text that is here")
    climb_seed: int | None = parameter(
        None, whole(0, HIGHEST_SEED), label="Seed", nothing="the lecture's"
    )
