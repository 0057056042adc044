"""A run of so many minutes: its plan by hand, and that it is the run of its last plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpt.training import time_budget
from gpt.training.estimate import Pace
from gpt.training.loop import train
from gpt.training.minutes_plan import planned
from gpt.training.progress import Progress
from gpt.training.reporting import Reporter
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.time_budget import TimeBudget, fitted
from tests.close import close
from tests.gpt.tiny import new_run

FLAT = TrainingConfig(
    steps=100, minutes=1.05, schedule="linear", decay_part=0.6, eval_interval=10, warmup_steps=2
)
"""63 s, of which 3 s pass before the process works: 60 s."""


def test_a_guess_fills_nine_tenths_of_the_time_with_steps() -> None:
    plan = planned(TrainingConfig(warmup_steps=30), 1.05, 0.5)
    assert (plan.steps, plan.warmup_steps, plan.eval_interval) == (108, 5, 11)
    assert (plan.schedule, plan.minutes) == ("linear", 1.05)
    assert plan.rate_factor(43) == close(1.0)  # flat for two fifths of the steps
    assert plan.rate_factor(54) == close(54 / 64.8)


def test_a_measured_pace_leaves_time_for_evaluations() -> None:
    pace = Pace(step=0.5, batch=0.1, token=0.01, steps=3)
    plan = planned(TrainingConfig(eval_batches=5, sample_tokens=100), 1.05, pace)
    # 11 evaluations of 10 batches and 100 tokens: 11 × (1 + 1) s; 38 s are left for steps
    assert plan.steps == 76
    assert abs(pace.total(plan) - 60) < 2.5  # an evaluation more or less


def test_the_steps_are_fitted_to_the_pace_so_far() -> None:
    progress = Progress(step=10, seconds=5.0)  # 0.5 s a step; evaluations at 0 and 10 took 1 s
    plan = fitted(FLAT, progress, elapsed=6.0)
    # 54 s are left, 9 evaluations of 0.5 s among them: 99 steps of 0.5 s after the first ten
    assert plan.steps in range(107, 110) and plan.eval_interval == 11
    assert plan.warmup_steps == 2


def test_a_plan_is_never_so_short_that_its_rate_would_have_fallen_already() -> None:
    slow = Progress(step=30, seconds=59.0)
    plan = fitted(FLAT, slow, elapsed=59.5)
    assert plan.steps == 75  # 30 is two fifths of it
    assert all(plan.rate_factor(n) == close(FLAT.rate_factor(n)) for n in range(30))


def test_evaluations_that_take_long_are_fewer() -> None:
    progress = Progress(step=4, seconds=2.0)  # 0.5 s a step; the evaluation before took 4 s
    plan = fitted(FLAT, progress, elapsed=6.0)
    # a fifth of 63 s holds three of them, 12 s; 42 s are left for 84 steps after the four
    assert plan.steps == 88 and plan.eval_interval == 30


def test_it_looks_three_times_and_earlier_if_the_steps_run_out() -> None:
    budget, progress = TimeBudget(0.0), Progress(step=5)
    seen = [s for s in range(60) if budget.is_due(FLAT, progress, float(s))]
    assert seen == [6, 12, 18]
    assert TimeBudget(0.0).is_due(FLAT, Progress(step=31), elapsed=1.0)
    assert not TimeBudget(30.0).is_due(FLAT, Progress(step=31), elapsed=31.0)
    assert not TimeBudget(0.0).is_due(TrainingConfig(), Progress(step=999), elapsed=9.0)


def test_a_run_whose_steps_changed_is_the_run_that_was_planned_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = dict(schedule="linear", decay_part=0.6, log_interval=1, warmup_steps=1)
    longer = new_run(tmp_path / "planned", steps=30, eval_interval=3, **settings)
    assert train(longer).state == "done"
    monkeypatch.setattr(
        time_budget, "fitted", lambda config, *_: time_budget.with_steps(config, 30)
    )
    monkeypatch.setattr(Reporter, "elapsed", property(lambda self: 2.0 * self.progress.step))
    changed = new_run(tmp_path / "changed", steps=20, minutes=1.05, eval_interval=2, **settings)
    assert train(changed).step == 30
    plans = [(plan["step"], plan["steps"]) for plan in changed.config()["plans"]]
    assert plans == [(3, 20), (6, 30), (9, 30)]
    assert changed.training_config().steps == 30
    assert losses(changed) == close(losses(longer))


def losses(run: Run) -> list[float]:
    """Of every batch."""
    return [loss for line in run.metrics() if (loss := line.get("loss")) is not None]
