"""Task: what a run learns. The loop knows no more of it than this.

A task gives the batch of each step, the loss of the logits, the numbers of an evaluation, and what
an evaluation shows: a probe for the snapshots and a sample.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from gpt.nn.loss import counted
from gpt.nn.model import GPT
from gpt.training.device import Device
from gpt.training.files import Writers

Forward = Callable[..., torch.Tensor]
"""Computes the logits: the model itself, or the model compiled."""
Numbers = dict[str, float]
"""What an evaluation measured, by its name in a line of metrics."""


@dataclass(frozen=True)
class Batch:
    """Examples that a model learns from in one step.

    Fields:
        ids: (B, T) what it reads; of a translation, what it has written so far.
        targets: (B, T) the token that belongs at each position, `IGNORED` where there is nothing to
            predict; or (B,) the label of each text.
        source: (B, S) of a translation, else None.
    """

    ids: torch.Tensor
    targets: torch.Tensor
    source: torch.Tensor | None = None

    def to(self, device: str) -> Batch:
        """The same batch on a device."""
        source = None if self.source is None else self.source.to(device)
        return replace(
            self, ids=self.ids.to(device), targets=self.targets.to(device), source=source
        )

    def parts(self, count: int) -> list[Batch]:
        """So many batches of its rows, in order; the first ones may have one row more."""
        ids, targets = self.ids.tensor_split(count), self.targets.tensor_split(count)
        sources: list[Any] = [None] * count
        if self.source is not None:
            sources = list(self.source.tensor_split(count))
        return [
            replace(self, ids=x, targets=y, source=source)
            for x, y, source in zip(ids, targets, sources, strict=True)
        ]

    def logits(self, forward: Forward) -> torch.Tensor:
        """What a model makes of it: (B, T, V), or a classifier's (B, K)."""
        return forward(self.ids) if self.source is None else forward(self.ids, source=self.source)


@dataclass(frozen=True)
class Probe:
    """What each snapshot shows the attention on.

    Fields:
        ids: what the model reads; of a translation, the target.
        source: of a translation, else None.
    """

    ids: list[int]
    source: list[int] | None = None


@dataclass(frozen=True)
class Watched:
    """A model that is evaluated.

    Fields:
        model: itself, in training mode.
        forward: the same, perhaps compiled.
        device: where it computes.
        interrupted: asked after each batch; True ends the evaluation without a result.
    """

    model: GPT
    forward: Forward
    device: Device
    interrupted: Callable[[], bool] = lambda: False


class Task(ABC):
    """What a run learns."""

    probe: Probe

    @abstractmethod
    def batch(self, step: int, generator: torch.Generator) -> Batch:
        """The batch of a step, the same for the same step and generator."""

    @abstractmethod
    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Mean loss of a batch in nats, to learn from."""

    @abstractmethod
    def losses(self, watched: Watched) -> Numbers | None:
        """`train_loss`, `val_loss` and what is measured with them; None if it was interrupted."""

    @abstractmethod
    def sample(self, model: GPT) -> dict[str, Any] | None:
        """What the model does now, as fields of `gpt.run_lines.Sample`; None writes no sample."""

    def attend(self, model: GPT, step: int) -> None:  # noqa: B027 - most tasks need no model
        """Take the model that learns, before its first step here: to write what it learns from."""

    def prepare(self, interrupted: Callable[[], bool]) -> bool:
        """Do what takes long before the first step here.

        Args:
            interrupted: asked now and then; True ends it.

        Returns:
            Whether it was done: False if it was interrupted.
        """
        return True

    def writers(self) -> Writers:
        """Files that a checkpoint keeps for the task, by their names in the run folder."""
        return {}

    def scores(self, watched: Watched) -> Numbers | None:
        """What the task measures beyond the losses; None if it was interrupted."""
        return {}

    def evaluate(self, watched: Watched) -> Numbers | None:
        """All numbers of an evaluation; None if it was interrupted."""
        losses = self.losses(watched)
        scores = self.scores(watched) if losses is not None else None
        return None if losses is None or scores is None else {**losses, **scores}

    def worth(self, numbers: Numbers) -> float | None:
        """How good the weights are, from the numbers of an evaluation: the highest ones are kept.

        Returns:
            None where the lowest validation loss is best.
        """
        return None

    def tokens(self, batch: Batch) -> int:
        """How many tokens of a batch are learned from."""
        return counted(batch.targets)
