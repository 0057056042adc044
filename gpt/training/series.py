"""Several runs that train one after the other, and how far they are together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gpt.training.status import Status

START = 3.0  # seconds in which a run's process loads PyTorch and its text, measured on two cores


@dataclass(frozen=True)
class Leg:
    """One run of the series.

    Fields:
        work: of all its steps, in any unit that is the same for all legs.
        status: of its run; None if there is no run yet.
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
        """Seconds that all of its steps take, past and future; None if none is done."""
        if self.status is None or not self.share or not self.status.elapsed:
            return None
        if self.status.seconds_left is not None:
            return self.status.elapsed + self.status.seconds_left
        return self.status.elapsed / self.share


@dataclass(frozen=True)
class SeriesProgress:
    """How far all runs are together.

    Fields:
        finished, legs: number of runs that are done, and of all.
        share: of the work, from 0 to 1.
        seconds_left: estimated; None before the first step of any.
    """

    finished: int
    legs: int
    share: float
    seconds_left: float | None


def series_progress(legs: Sequence[Leg]) -> SeriesProgress:
    """How far all runs are together.

    The run that trains knows how long it needs. Those that wait are assumed to be as fast as those
    before them, and to need a moment to start.

    >>> half = Status("running", step=50, steps=100, elapsed=10.0, seconds_left=10.0)
    >>> series_progress([Leg(1, half), Leg(3, None)])  # 20 s for 1, so 60 s for 3
    SeriesProgress(finished=0, legs=2, share=0.125, seconds_left=73.0)
    """
    work = sum(leg.work for leg in legs)
    done = sum(leg.work * leg.share for leg in legs)
    finished = sum(leg.finished for leg in legs)
    return SeriesProgress(finished, len(legs), done / work if work else 0.0, _seconds_left(legs))


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
