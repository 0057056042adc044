"""Progress: how far a run is, and how long it still takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpt.run_files import read_trainer
from gpt.training.settings import TrainingConfig


@dataclass
class Progress:
    """How far a run is; all of it is saved with each checkpoint.

    Fields:
        step: optimizer steps done.
        tokens: tokens learned from so far, counting repeats.
        seconds: of training so far, evaluations left out.
        elapsed: seconds of work so far, evaluations and saving included, pauses left out.
        best_val_loss: lowest estimate so far, in nats.
        best_worth: of the best weights so far, see `Task.worth`; None where it follows from the
            lowest loss.
        owed: the line of metrics that still waits for its evaluation: at the start, and after a
            pause in the middle of an evaluation.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0
    best_val_loss: float | None = None
    best_worth: float | None = None
    owed: dict[str, Any] | None = None

    @classmethod
    def read(cls, folder: Path) -> Progress:
        """Read the trainer.json of a run.

        Raises:
            CheckpointError: it is missing, damaged, or not of a run of ours.
        """
        return cls(**read_trainer(folder))

    def improve(self, val_loss: float, worth: float | None = None) -> bool:
        """Note an evaluation; return whether its weights are the best so far.

        Args:
            worth: how good they are, see `Task.worth`; None takes those of the lowest loss.
        """
        lower = self.best_val_loss is None or val_loss < self.best_val_loss
        if lower:
            self.best_val_loss = val_loss
        if worth is None:
            return lower
        better = self.best_worth is None or worth > self.best_worth
        if better:
            self.best_worth = worth
        return better

    def seconds_left(self, config: TrainingConfig, elapsed: float) -> float | None:
        """Seconds that the rest takes if steps and evaluations take as long as those so far.

        Args:
            elapsed: seconds of work so far, as `self.elapsed` will say when it is saved next.

        Returns:
            None before the first step.
        """
        if not self.step:
            return None
        steps = config.steps - self.step
        evaluations = self._evaluations_to_come(config)
        evaluated = config.evaluations - evaluations
        evaluation = max(0.0, elapsed - self.seconds) / max(1, evaluated)
        return steps * self.seconds / self.step + evaluations * evaluation

    def _evaluations_to_come(self, config: TrainingConfig) -> int:
        """How many evaluations follow: one at each interval, one at the last step."""
        interval = config.eval_interval
        owed = int(self.owed is not None)
        if self.step == config.steps:
            return owed
        return owed + math.ceil(config.steps / interval) - self.step // interval
