"""Standings: how every rung of the ladder came out on a text, set against the lecture's figures."""

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
        run: None where it was not started.
        result: None where it is not done or not measured.
        trouble: why a run's result cannot be read; empty where it can.
    """

    rung: Rung
    run: Run | None
    result: Result | None = None
    trouble: str = ""

    @property
    def difference(self) -> float | None:
        """Validation loss less the lecture's, in nats; None where either is not there."""
        lecture = self.rung.lecture_loss
        return None if self.result is None or lecture is None else self.result.val_loss - lecture

    @property
    def unmeasured(self) -> bool:
        """Whether its training has ended, but not its measurement."""
        return self.run is not None and self.result is None and self.run.status().state == "done"


def standings(root: Path, sha256: str, seed: int, rungs: Sequence[Rung] = RUNGS) -> list[Standing]:
    """Every rung on the text of this hash, in the ladder's order.

    One text may go by several names, that of a file, say; its runs count under any of them.
    """
    same = [one for one in climbs(root, rungs) if (one.sha256, one.seed) == (sha256, seed)]
    return [_standing(rung, _first(same, place)) for place, rung in enumerate(rungs)]


def free_seed(root: Path, sha256: str, seed: int) -> int:
    """The next seed above this one that no rung was trained with on the text."""
    taken = {one.seed for one in climbs(root) if one.sha256 == sha256}
    return next(n for n in range(seed + 1, seed + len(taken) + 2) if n not in taken)


def is_lectures(sha256: str) -> bool:
    """Whether a text is Tiny Shakespeare, for which alone the lecture's losses hold."""
    return sha256 == SOURCES["shakespeare"].sha256


def _first(same: list[Climb], place: int) -> Run | None:
    return next((one.runs[place] for one in same if one.runs[place] is not None), None)


def _standing(rung: Rung, run: Run | None) -> Standing:
    if run is None:
        return Standing(rung, None)
    try:
        return Standing(rung, run, result(run))
    except HeadlightError as error:
        return Standing(rung, run, trouble=str(error))
