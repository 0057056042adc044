"""More steps for a run than it was planned for, whether it is finished or not.

What step n does depends on the seed and on n (docs/adr/0004), and on the plan's length only through
the learning rate's schedule. So a longer run goes on as if it had been planned so, as long as the
learning rates of the steps so far are those of the longer plan: docs/adr/0027.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from gpt.errors import TrainingError
from gpt.numerals import to_text
from gpt.training.files import write_json
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.status import Status


@dataclass(frozen=True)
class LongerPlan:
    """The longer plan of a run.

    Fields:
        step: optimizer steps done so far.
        before, after: the plan that it had and the one that it has.
    """

    step: int
    before: TrainingConfig
    after: TrainingConfig

    @property
    def has_same_rates(self) -> bool:
        """Whether every step so far had the rate of the longer plan."""
        last = max(0, self.step - 1)  # once the two plans part, they stay apart
        return math.isclose(self.before.rate_factor(last), self.after.rate_factor(last))

    def __str__(self) -> str:
        summary = f"{self.after.steps:,} steps in all, where {self.before.steps:,} were planned"
        if self.has_same_rates:
            return f"{summary}: it goes on as if it had been planned so from the start"
        last, next = (
            float(f"{plan.learning_rate * plan.rate_factor(step):.3g}")
            for plan, step in ((self.before, self.step - 1), (self.after, self.step))
        )
        return (
            f"{summary}: the learning rate goes on from {to_text(next)}, where the longer plan has "
            f"it; that of the last step was {to_text(last)}"
        )


def lengthen(run: Run, steps: int) -> LongerPlan:
    """Give a run a longer plan; its config.json also keeps the earlier plans.

    Raises:
        ConfigError: a number of steps that cannot be.
        TrainingError: it is being trained, cannot be resumed, or was planned for more.
        CheckpointError: its config.json is missing, or not of a run.
    """
    before, status = run.training_config(), run.status()
    after = replace(before, steps=steps)
    if steps < before.steps:
        raise TrainingError(
            f"--steps is {steps:,}, and the run {run.name!r} was planned for {before.steps:,}: a "
            "run can be lengthened, not shortened. Ctrl-C pauses it where you like"
        )
    if status.alive:
        raise TrainingError(f"the run {run.name!r} is being trained; pause it first")
    own = run.lock()
    try:
        own.check_resumable()
        if steps > before.steps:
            _write(own, status, before.steps, steps)
    finally:
        own.release()
    return LongerPlan(status.step, before, after)


def _write(run: Run, status: Status, before: int, steps: int) -> None:
    """Write the new number of steps, and keep the one before."""
    info = run.config()
    plans = [*info.get("plans", []), {"step": status.step, "steps": before}]
    training = {**info["training"], "steps": steps, "minutes": 0.0}
    write_json(run.path / "config.json", {**info, "training": training, "plans": plans})
    run.write_status(replace(status, state="paused", steps=steps, reason="it was lengthened"))
