"""The result of every rung of the ladder on a text, beside the lecture's figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gpt.errors import HeadlightError
from gpt.text.fetch import SOURCES
from gpt.training.ladder.climbing import Climb, climbs
from gpt.training.ladder.results import Result, result
from gpt.training.ladder.rungs import RUNGS, Rung
from gpt.training.runs import Run


@dataclass(frozen=True)
class Standing:
    """One rung on one text.

    Fields:
        rung: of the ladder.
        run: None if it was not started.
        result: None if it is not done or not measured.
        trouble: why a run's result cannot be read; empty if it can.
    """

    rung: Rung
    run: Run | None
    result: Result | None = None
    trouble: str = ""

    @property
    def difference(self) -> float | None:
        """Validation loss minus the lecture's, in nats; None if either is missing."""
        lecture = self.rung.lecture_loss
        return None if self.result is None or lecture is None else self.result.val_loss - lecture

    @property
    def unmeasured(self) -> bool:
        """Whether its training has ended, but not its measurement."""
        return self.run is not None and self.result is None and self.run.status().state == "done"


def standings(root: Path, sha256: str, seed: int, rungs: Sequence[Rung] = RUNGS) -> list[Standing]:
    """Every rung on the text of this hash, in the ladder's order.

    A text may have several names (those of its files); its runs count under each of them.
    """
    same = [climb for climb in climbs(root, rungs) if (climb.sha256, climb.seed) == (sha256, seed)]
    return [_standing(rung, _first(same, at)) for at, rung in enumerate(rungs)]


def free_seed(root: Path, sha256: str, seed: int) -> int:
    """The next seed above this one that no rung was trained with on the text."""
    used = {climb.seed for climb in climbs(root) if climb.sha256 == sha256}
    return next(n for n in range(seed + 1, seed + len(used) + 2) if n not in used)


def is_lectures(sha256: str) -> bool:
    """Whether a text is Tiny Shakespeare, for which alone the lecture's losses hold."""
    return sha256 == SOURCES["shakespeare"].sha256


def _first(same: list[Climb], at: int) -> Run | None:
    return next((climb.runs[at] for climb in same if climb.runs[at] is not None), None)


def _standing(rung: Rung, run: Run | None) -> Standing:
    if run is None:
        return Standing(rung, None)
    try:
        return Standing(rung, run, result(run))
    except HeadlightError as error:
        return Standing(rung, run, trouble=str(error))
