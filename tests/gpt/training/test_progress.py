"""Progress: the time left, worked out by hand, and the best loss so far."""

from __future__ import annotations

import pytest

from gpt.training.progress import Progress
from gpt.training.settings import TrainingConfig
from tests.close import close

CONFIG = TrainingConfig(steps=10, eval_interval=4)
"""Evaluated before the first step and after 4, 8 and 10: four times."""


def test_nothing_is_known_before_the_first_step() -> None:
    assert Progress(owed={}).seconds_left(CONFIG, elapsed=3.0) is None


@pytest.mark.parametrize(
    ("step", "seconds", "elapsed", "owed", "left"),
    [
        # 9 steps of 1 s, and 3 evaluations as long as the first, which took 5 s.
        (1, 1.0, 6.0, None, 9 * 1.0 + 3 * 5.0),
        # The second evaluation is still to come, so 20 s were one evaluation.
        (4, 8.0, 28.0, {}, 6 * 2.0 + 3 * 20.0),
        (4, 8.0, 48.0, None, 6 * 2.0 + 2 * 20.0),
        (9, 9.0, 15.0, None, 1 * 1.0 + 1 * 2.0),
        (10, 10.0, 40.0, {}, 0.0 + 1 * 10.0),
        (10, 10.0, 50.0, None, 0.0),
    ],
)
def test_the_rest_takes_as_long_as_what_was_done(
    step: int, seconds: float, elapsed: float, owed: dict[str, float] | None, left: float
) -> None:
    progress = Progress(step=step, seconds=seconds, owed=owed)
    assert progress.seconds_left(CONFIG, elapsed) == close(left)


def test_the_lowest_loss_is_the_best() -> None:
    progress = Progress()
    assert [progress.improve(loss) for loss in (3.0, 2.0, 2.5, 2.0, 1.5)] == [
        *(True, True, False, False, True)
    ]
    assert progress.best_val_loss == 1.5
    assert progress.best_worth is None


def test_the_highest_worth_is_the_best_whatever_the_loss() -> None:
    progress = Progress()
    evaluated = [(1.0, 0.5), (2.0, 0.7), (0.5, 0.6), (3.0, 0.9)]
    assert [progress.improve(loss, worth) for loss, worth in evaluated] == [
        *(True, True, False, True)
    ]
    assert (progress.best_val_loss, progress.best_worth) == (0.5, 0.9)
