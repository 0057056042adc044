"""Tasks that learn from what the policy writes itself: new answers every few steps."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Protocol

import torch

from gpt.nn.model import GPT
from gpt.seeds import seed_of
from gpt.training.assistant import rollouts
from gpt.training.files import Writers
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.task import Batch, Task


class AnyRollout(Protocol):
    """Answers of a policy, with what it learns from them."""

    @property
    def step(self) -> int:
        """The step that they were written before."""

    def batch(self) -> rollouts.RolloutBatch:
        """The whole rollout, as a policy learns from it."""

    def write(self, path: Path) -> None:
        """Write the file of a run."""


class OnPolicy(Task):
    """Write answers, and learn from them for `rollout_steps` steps."""

    run: Run
    config: TrainingConfig
    policy: GPT | None = None
    rollout: AnyRollout | None = None

    @abstractmethod
    def write_rollout(self, policy: GPT, step: int, number: int, first_seed: int) -> AnyRollout:
        """The answers of the policy as it is now.

        Args:
            step: that they are written before.
            number: of the rollout, from 0.
            first_seed: of its first answer; no two answers of a run share a seed.
        """

    @abstractmethod
    def read_rollout(self, step: int) -> AnyRollout:
        """The rollout of the run's folder that was written before a step."""

    @property
    @abstractmethod
    def answers(self) -> int:
        """How many answers a rollout has (N)."""

    def attend(self, model: GPT, step: int) -> None:
        """Take the policy, and the last rollout: the next step may go on with it.

        Raises:
            CheckpointError: that rollout is missing or damaged.
        """
        self.policy = model
        if step:
            self.rollout = self.read_rollout(self._first(step - 1))

    def _first(self, step: int) -> int:
        """The first step that learns from the same rollout as a step."""
        return step - step % self.config.rollout_steps

    def batch(self, step: int, generator: torch.Generator) -> Batch:
        """The policy's own answers: new ones every `rollout_steps` steps."""
        first = self._first(step)
        if self.rollout is None or self.rollout.step != first:
            assert self.policy is not None
            number = first // self.config.rollout_steps
            seed = seed_of(self.config.seed, number)
            self.rollout = self.write_rollout(self.policy, first, number, seed)
        return self.rollout.batch()

    def writers(self) -> Writers:
        """The file that keeps the last rollout."""
        return {rollouts.name(self.rollout.step): self.rollout.write} if self.rollout else {}
