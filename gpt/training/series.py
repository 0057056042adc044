"""Series: several runs that train one after the other, and how far they are together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gpt.training.status import Status

START = 3.0  # seconds in which a run's process loads PyTorch and its text, measured on two cores


@dataclass(frozen=True)
class Leg:
    """One of the runs.

    Fields:
        work: what all of its steps take, set against the other legs; any unit.
        status: of its run; None where that was not made yet.
    """

    work: float
    status: Status | None

    @property
    def share(self) -> float:
        """Of its steps that are done, from 0 to 1."""
        if self.status is None or not self.status.steps:
            return 0.0
        return min(1.0, self.status.step / self.status.steps)

    @property
    def finished(self) -> bool:
        """Whether all of its steps are done."""
        return self.status is not None and self.status.finished

    @property
    def total(self) -> float | None:
        """Seconds that all of its steps take, past and to come; None where none is done."""
        if self.status is None or not self.share or not self.status.elapsed:
            return None
        if self.status.seconds_left is not None:
            return self.status.elapsed + self.status.seconds_left
        return self.status.elapsed / self.share


@dataclass(frozen=True)
class Standing:
    """How far they are together.

    Fields:
        finished, legs: how many of how many runs are done.
        share: of the work, from 0 to 1.
        seconds_left: estimated; None where none has trained for a step yet.
    """

    finished: int
    legs: int
    share: float
    seconds_left: float | None


def standing(legs: Sequence[Leg]) -> Standing:
    """Take them together.

    The run that trains says how long it needs; those that wait need as long for their work as those
    before them did for theirs, and a moment to start.

    >>> half = Status("running", step=50, steps=100, elapsed=10.0, seconds_left=10.0)
    >>> standing([Leg(1, half), Leg(3, None)])  # 20 s for 1, and so 60 s for 3, and the start
    Standing(finished=0, legs=2, share=0.125, seconds_left=73.0)
    """
    work = sum(leg.work for leg in legs)
    done = sum(leg.work * leg.share for leg in legs)
    finished = sum(leg.finished for leg in legs)
    return Standing(finished, len(legs), done / work if work else 0.0, _seconds_left(legs))


def _seconds_left(legs: Sequence[Leg]) -> float | None:
    timed = [leg for leg in legs if leg.total is not None]
    if not timed:
        return None
    pace = sum(leg.total or 0.0 for leg in timed) / sum(leg.work for leg in timed)
    return sum(_left(leg, pace) for leg in legs if not leg.finished)


def _left(leg: Leg, pace: float) -> float:
    if leg.status is not None and leg.status.seconds_left is not None:
        return leg.status.seconds_left
    return START + (1 - leg.share) * leg.work * pace
