"""Several runs together: how far, and how long they take, with numbers worked out by hand."""

from __future__ import annotations

import pytest

from gpt.training.series import START, Leg, series_progress
from gpt.training.status import Status


def status(state: str, step: int, elapsed: float = 0.0, left: float | None = None) -> Status:
    return Status(state, step=step, steps=100, elapsed=elapsed, seconds_left=left)


def test_before_a_step_nothing_is_known_of_the_time() -> None:
    progress = series_progress(
        [Leg(1, status("running", 0, 2.0)), Leg(2, status("queued", 0)), Leg(3, None)]
    )
    assert (progress.finished, progress.legs, progress.share, progress.seconds_left) == (
        0,
        3,
        0,
        None,
    )


def test_those_that_wait_take_as_long_for_their_work_as_those_before() -> None:
    """20 s for a work of 2, and 6 + 14 s for another of 2: 10 s a unit. The first evaluation is
    in those 6 s, so that a quarter of the steps says less than what the run itself estimates."""
    legs = [
        Leg(2, status("done", 100, 20.0)),
        Leg(2, status("running", 25, 6.0, left=14.0)),
        Leg(3, status("queued", 0)),
        Leg(1, None),
    ]
    progress = series_progress(legs)
    assert (progress.finished, progress.legs) == (1, 4)
    assert progress.share == pytest.approx((2 + 0.5) / 8)
    assert progress.seconds_left == pytest.approx(14 + (3 + 1) * 10 + 2 * START)


def test_a_paused_run_needs_what_is_left_of_it() -> None:
    progress = series_progress([Leg(1, status("paused", 40, 4.0)), Leg(1, status("queued", 0))])
    assert progress.seconds_left == pytest.approx((0.6 + 1) * 10 + 2 * START)


def test_a_run_that_was_stopped_is_not_done_and_one_without_a_clock_says_nothing_of_the_pace() -> (
    None
):
    progress = series_progress([Leg(1, status("done", 50, 3.0)), Leg(1, status("done", 100))])
    assert (progress.finished, progress.share) == (1, 0.75)
    assert progress.seconds_left == pytest.approx(0.5 * 6 + START)


def test_when_all_are_done_nothing_is_left() -> None:
    progress = series_progress([Leg(5, status("done", 100, 3.0)), Leg(1, status("done", 100, 9.0))])
    assert (progress.finished, progress.share, progress.seconds_left) == (2, 1.0, 0)
