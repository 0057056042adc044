"""Beside the app: how a training process shares the machine with the pages that people look at."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from gpt.checkpoint import model_config
from gpt.errors import HeadlightError
from gpt.process import SLEEPING, choose_threads
from gpt.shape_only import count_parameters
from gpt.training.runs import Run


def environment() -> Mapping[str, str]:
    """The environment of such a process: its threads sleep while they wait, not spin."""
    return {**os.environ, **SLEEPING}


def give_way(run: Run) -> None:
    """Let other people's pages come first; take one core if that is no slower: ADR 19."""
    os.nice(10)
    with contextlib.suppress(HeadlightError):  # a run that cannot be read says so when it begins
        choose_threads(work(run))


def work(run: Run) -> int:
    """Parameters of its model, times the tokens that it learns from in a step.

    Raises:
        HeadlightError: its config.json is missing, or not of a run that was trained here.
    """
    model, training = model_config(run.config()), run.training_config()
    tokens = max(model.block_size, model.source_block_size)
    return count_parameters(model) * training.batch_size * tokens
