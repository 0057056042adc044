"""Ranks: the processes that train one run together, each on its part of every batch.

`torchrun` starts them and says in the environment which is which. Rank 0 alone writes the run's
folder. All of them draw the whole batch of a step and learn from their own rows; the gradients are
averaged so that the sum is that of the whole batch. See docs/adr/0039.

`Alone` is a process by itself, which asks nobody.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gpt.errors import ConfigError, TrainingError
from gpt.nn.config import GPTConfig
from gpt.training.files import Writer
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.status import Status

PATIENCE = timedelta(hours=12)
"""How long a process waits for the others: for an evaluation, or for a text to be tokenized. One
that has ended is noticed at once."""
APART = 0x9E3779B1
"""Between the seeds of two ranks' dropout; a generator on the CPU takes 32 bits of a seed."""
LONGEST_PATH = 4096
IN_PARTS = ("next", "masked", "classify", "translate", "sft")
"""The tasks whose loss is a mean over targets, so that it can be taken over parts of a batch."""


class ReadOnlyRun(Run):
    """A run whose files another process writes."""

    def write_status(self, status: Status) -> None:
        """Leave it to the other process."""

    def append_metrics(self, line: dict[str, Any]) -> None:
        """Leave it to the other process."""

    def forget_after(self, step: int) -> None:
        """Leave it to the other process."""

    def commit(self, writers: Mapping[str, Writer]) -> None:
        """Leave it to the other process."""


class Alone:
    """One process that trains a run by itself."""

    rank, size = 0, 1

    @property
    def is_writer(self) -> bool:
        """Whether this process writes the run's folder."""
        return self.rank == 0

    def seed(self, seed: int) -> int:
        """The seed of this process's own random numbers, its dropout."""
        return seed + APART * self.rank

    def folder(self, create: Callable[[], Path]) -> Path:
        """The folder of a run, which the writer creates."""
        return create()

    def lock(self, run: Run) -> Run:
        """The run as this process may write it: locked by the writer, read-only for the others.

        Raises:
            TrainingError: another process trains it, or it cannot be trained on.
        """
        run = run.lock()
        try:
            run.check_resumable()
        except BaseException:
            run.release()
            raise
        return run

    def averaging(self, forward: Any) -> Any:
        """The same forward pass, whose gradients are averaged over all processes."""
        return forward

    def without_averaging(self, forward: Any) -> contextlib.AbstractContextManager[None]:
        """Where gradients are only added up, for all but the last part of a batch."""
        return contextlib.nullcontext()

    def total(self, value: float) -> float:
        """The sum of a value over all processes."""
        return float(self.summed(np.array(value)))

    def summed(self, values: np.ndarray) -> np.ndarray:
        """The sum of an array over all processes, in float64."""
        return values.astype(np.float64)

    def highest(self, value: int) -> int:
        """The highest of a value over all processes."""
        return value

    def decided(self, value: bool) -> bool:
        """What the writer says, for all processes."""
        return value

    def close(self) -> None:
        """Leave the others."""


class Together(Alone):
    """One of several processes that train a run together.

    Args:
        rank, size: which one, and of how many.
    """

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size

    def folder(self, create: Callable[[], Path]) -> Path:
        """The folder of a run, which the writer creates.

        Raises:
            TrainingError: the writer could not create it, and says why.
        """
        path = b""
        try:
            if self.is_writer:
                path = os.fsencode(create().absolute())
        finally:
            sent = torch.zeros(LONGEST_PATH, dtype=torch.uint8)
            sent[: len(path)] = torch.frombuffer(bytearray(path or b"\0"), dtype=torch.uint8)
            self._broadcast(sent)
        received = bytes(sent.tolist()).rstrip(b"\0")
        if not received:
            raise TrainingError("the first process of this training could not begin; see its words")
        return Path(os.fsdecode(received))

    def lock(self, run: Run) -> Run:
        """Lock the run, as `Alone` does; the other processes wait until the writer has the lock."""
        has_lock = False
        try:
            if self.is_writer:
                run, has_lock = super().lock(run), True
        finally:
            has_lock = self.decided(has_lock)
        if not has_lock:
            raise TrainingError("the first process of this training could not begin; see its words")
        return run if self.is_writer else ReadOnlyRun(run.path)

    def averaging(self, forward: Any) -> Any:
        """The same forward pass, whose gradients are averaged over all processes."""
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(forward)

    def without_averaging(self, forward: Any) -> contextlib.AbstractContextManager[None]:
        """Where gradients are only added up, for all but the last part of a batch."""
        without: contextlib.AbstractContextManager[None] = forward.no_sync()
        return without

    def summed(self, values: np.ndarray) -> np.ndarray:
        """The sum of an array over all processes, in float64."""
        return self._reduced(torch.tensor(values, dtype=torch.float64), "SUM").numpy()

    def highest(self, value: int) -> int:
        """The highest of a value over all processes."""
        return int(self._reduced(torch.tensor([value]), "MAX"))

    def decided(self, value: bool) -> bool:
        """What the writer says, for all processes."""
        sent = torch.tensor([value])
        self._broadcast(sent)
        return bool(sent)

    def close(self) -> None:
        """Leave the others."""
        from torch import distributed

        distributed.destroy_process_group()

    def _broadcast(self, sent: torch.Tensor) -> None:
        from torch import distributed

        distributed.broadcast(sent, src=0)

    def _reduced(self, value: torch.Tensor, how: str) -> torch.Tensor:
        from torch import distributed

        distributed.all_reduce(value, getattr(distributed.ReduceOp, how))
        return value


@contextlib.contextmanager
def start() -> Iterator[Alone]:
    """Join the processes that torchrun has started; without it, be alone.

    Raises:
        TrainingError: the others cannot be reached.
    """
    environment = os.environ
    if int(environment.get("WORLD_SIZE", "1")) == 1 or "RANK" not in environment:
        yield Alone()
        return
    from torch import distributed

    if torch.cuda.is_available():
        torch.cuda.set_device(int(environment.get("LOCAL_RANK", "0")))
    try:
        distributed.init_process_group(_backend(), timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise TrainingError(f"the other processes cannot be reached: {error}") from None
    ranks = Together(distributed.get_rank(), distributed.get_world_size())
    try:
        yield ranks
    finally:
        ranks.close()


def _backend() -> str:
    from torch import distributed

    has_nccl = torch.cuda.is_available() and distributed.is_nccl_available()
    return "cpu:gloo,cuda:nccl" if has_nccl else "gloo"


def check_parts(model: GPTConfig, training: TrainingConfig, size: int) -> None:
    """Refuse batches that cannot be learned from in parts.

    Args:
        size: number of processes.

    Raises:
        ConfigError: saying what would work.
    """
    parts = size * training.accumulation
    if parts == 1:
        return
    how = f"{size} processes with accumulation = {training.accumulation}"
    if training.task not in IN_PARTS:
        raise ConfigError(
            f"task = {training.task} learns from whole batches; train it in one process, with "
            "accumulation = 1"
        )
    if model.norm_kind == "batch":
        raise ConfigError(
            f"norm_kind = batch takes its statistics over a whole batch, and {how} have parts of "
            "it; choose norm_kind = layer, or one process and accumulation = 1"
        )
    if training.batch_size < parts:
        raise ConfigError(
            f"batch_size is {training.batch_size}; {how} need at least {parts}, a row for each part"
        )
