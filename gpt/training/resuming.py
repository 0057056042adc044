"""Resuming: what is saved of a training so that it can go on bit for bit, and how it is read."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import torch

from gpt import memory
from gpt.errors import TrainingError
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.run_files import TRAINER
from gpt.training.files import Writers, write_json
from gpt.training.needs import OPTIMIZER_NUMBERS
from gpt.training.optimizers import Optimizers
from gpt.training.progress import Progress
from gpt.training.runs import INITIAL, OPTIMIZER, Run
from gpt.weights_file import WEIGHTS, load_tensors, load_weights, save_tensors, save_weights


def start(run: Run, config: GPTConfig, seed: int) -> tuple[Progress, GPT]:
    """Read the last checkpoint of a run; without one, its first weights, or draw them.

    Raises:
        CheckpointError: the checkpoint is damaged, or of another model.
        TrainingError: the weights it began with are not drawn from its seed, and are gone.
    """
    if (run.path / TRAINER).is_file():
        progress = Progress.read(run.path)
        model, _ = load_weights(run.path / WEIGHTS["latest"], config)
        return progress, model
    if (run.path / INITIAL).is_file():
        model, _ = load_weights(run.path / INITIAL, config)
        return Progress(owed={}), model
    if run.training_config().counting_start:
        raise TrainingError(
            f"{run.name}/{INITIAL} is missing: the weights that the run began with, counted from "
            "its texts. Put the file back, or begin anew"
        )
    if run.config().get("begun_from"):
        raise TrainingError(
            f"{run.name}/{INITIAL} is missing: the weights that the run began with, from another "
            "run. Put the file back, or begin anew with train --from"
        )
    torch.manual_seed(seed)
    return Progress(owed={}), build(config)


def read_optimizers(run: Run, optimizers: Optimizers) -> None:
    """Put back the state that the optimizers had at the last checkpoint.

    Raises:
        CheckpointError: optimizer.safetensors is missing, damaged, or of another model.
    """
    numbers = sum(OPTIMIZER_NUMBERS * p.numel() + 1 for p in optimizers.parameters.values())
    most = memory.NUMBER_BYTES * numbers
    optimizers.load_state_tensors(load_tensors(run.path / OPTIMIZER, most))


def writers(model: GPT, optimizers: Optimizers, progress: Progress, is_best: bool) -> Writers:
    """The files of a checkpoint; with the best weights too where this is the best so far.

    Raises:
        TrainingError: a weight is not finite.
    """
    if not all(bool(p.isfinite().all()) for p in model.parameters()):
        raise TrainingError(f"a weight became infinite at step {progress.step:,}")
    save = partial(save_weights, model, metadata={"step": str(progress.step)})
    files: Writers = {
        WEIGHTS["latest"]: save,
        OPTIMIZER: partial(save_tensors, optimizers.state_tensors()),
        TRAINER: lambda path: write_json(path, asdict(progress)),
    }
    return {**files, WEIGHTS["best"]: save} if is_best else files
