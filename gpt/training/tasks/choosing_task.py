"""The task that a run's config names, with the data of its folder."""

from __future__ import annotations

from gpt.nn.config import GPTConfig
from gpt.training import snapshots
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.next_token_task import NextToken
from gpt.training.tasks.task import Task


def task_of(run: Run, model: GPTConfig, config: TrainingConfig) -> Task:
    """The task of a run, its data read from the folder.

    Raises:
        CheckpointError: the folder was shared without its data.
    """
    return NextToken(run, config, model.block_size, snapshots.probe_length(model))
