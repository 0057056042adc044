"""A run of so many minutes: how many steps it has follows from how fast they turn out to be.

The learning rate stays flat until the last `decay_part` of the steps. What a step does depends on
the plan's length only through that rate (docs/adr/0027), so as long as the rate is flat the number
of steps can change, and the run is the same as if it had been planned so from the start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from gpt.errors import TrainingError
from gpt.training.files import write_json
from gpt.training.progress import Progress
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig

STARTING = 3.0
"""Seconds until a process has loaded what it needs, before its own clock runs."""
LOOKS = (0.1, 0.2, 0.3)
"""Shares of the time after which the number of steps is fitted to the pace so far."""
EVALUATIONS, SHARE = 10, 0.2
"""How many evaluations follow the first, and the largest share of the time that they may take."""
LINES = 400
"""The most lines of metrics that a run writes."""
LEAST_STEPS = 20


def with_steps(
    training: TrainingConfig, steps: int, evaluations: int = EVALUATIONS
) -> TrainingConfig:
    """The same settings for so many steps: evaluations and lines of metrics are spread over them.

    >>> plan = with_steps(TrainingConfig(warmup_steps=100), 995)
    >>> plan.steps, plan.warmup_steps, plan.eval_interval, plan.log_interval
    (995, 49, 100, 3)
    """
    steps = max(LEAST_STEPS, steps)
    return replace(
        training,
        steps=steps,
        warmup_steps=min(training.warmup_steps, steps // 20),
        eval_interval=math.ceil(steps / evaluations),
        log_interval=math.ceil(steps / LINES),
    )


def fitted(config: TrainingConfig, progress: Progress, elapsed: float) -> TrainingConfig:
    """The settings with which a run ends in its minutes, at the pace so far.

    A plan so short that its rate would be falling already is not made: the steps so far would have
    had another rate under it.
    """
    left = 60 * config.minutes - STARTING - elapsed
    step = progress.seconds / progress.step
    shortest = math.ceil(progress.step / (1 - config.decay_part))
    plan = config
    for _ in range(3):  # evaluations hang on the steps, and these on the evaluations
        together = progress.seconds_left(plan, elapsed) or 0.0
        evaluations = together - (plan.steps - progress.step) * step
        steps = progress.step + int((left - evaluations) / step)
        plan = with_steps(config, max(shortest, steps), affordable(config, progress, elapsed))
        plan = replace(plan, warmup_steps=config.warmup_steps)  # it was begun
    return plan


def affordable(config: TrainingConfig, progress: Progress, elapsed: float) -> int:
    """How many evaluations fit into their share of the time, if they take as long as those so far.

    >>> plan = TrainingConfig(minutes=1.0, eval_interval=50)
    >>> affordable(plan, Progress(step=10, seconds=2.0), elapsed=6.0)  # one took 4 s
    3
    """
    each = (elapsed - progress.seconds) / (1 + progress.step // config.eval_interval)
    return min(EVALUATIONS, max(1, int(60 * SHARE * config.minutes / max(each, 1e-3))))


@dataclass
class TimeBudget:
    """When a run of so many minutes looks at its pace.

    Fields:
        elapsed: seconds of work when it was looked at last, or when this process began.
    """

    elapsed: float

    def is_due(self, config: TrainingConfig, progress: Progress, elapsed: float) -> bool:
        """Whether the steps are to be fitted now: a share of the time, or of the steps, is over."""
        seconds = 60 * config.minutes - STARTING
        if not seconds > 0 or progress.step < 2 or self.elapsed > LOOKS[-1] * seconds:
            return False
        passed = any(self.elapsed < share * seconds <= elapsed for share in LOOKS)
        early = progress.step > LOOKS[-1] * config.steps and elapsed < LOOKS[-1] * seconds
        if passed or early:
            self.elapsed = elapsed
        return passed or early


def write(run: Run, step: int, before: TrainingConfig, after: TrainingConfig) -> None:
    """Write the fitted settings into config.json, which also keeps the earlier number of steps.

    Raises:
        RunGoneError: the folder that this process locked is not there any more.
        TrainingError: config.json has no training settings any more.
    """
    run.check_there()
    info: dict[str, Any] = run.config()
    if not isinstance(info.get("training"), dict):
        raise TrainingError(f"{run.name}/config.json has no training settings any more")
    plans = [*info.get("plans", []), {"step": step, "steps": before.steps}]
    write_json(run.path / "config.json", {**info, "training": after.to_dict(), "plans": plans})
