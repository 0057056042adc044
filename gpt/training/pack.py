"""pack: a small copy of a run, to be shared and looked at, not resumed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

import gpt.checkpoint
from gpt import bounded, run_files
from gpt.checkpoint import Checkpoint, model_config
from gpt.errors import CheckpointError
from gpt.names import check_name, check_new
from gpt.nn.model import GPT
from gpt.training import snapshots, status
from gpt.training.assistant import rollouts, value_model
from gpt.training.files import commit_group
from gpt.training.runs import INITIAL, REWARD
from gpt.weights_file import WEIGHTS, load_weights, save_weights

COPIED = (
    *("config.json", "tokenizer.json", "source_tokenizer.json"),
    *("metrics.jsonl", "samples.jsonl", "status.json"),
)
MOST_WEIGHT = torch.finfo(torch.float16).max


def pack(source: Path, target: Path, which: str = "best") -> None:
    """Copy a run without optimizer state and text, its weights in 16 bits.

    A run that began with another one keeps its first weights, its reward model and its rollouts;
    the latest weights keep the value model that belongs to them.

    float16 keeps three more bits of each weight than bfloat16, and every weight of a trained
    model is well inside its range.

    Raises:
        CheckpointError: the source is no run or damaged, the target exists already, or a weight is
            too large for 16 bits.
    """
    checkpoint = gpt.checkpoint.load(source, which)
    check_name(target.name)
    check_new(target)
    if target.exists():
        raise CheckpointError(f"{target.name!r} is there already; choose another folder")
    models = {WEIGHTS["latest"]: checkpoint.model, **_others(checkpoint, source, which)}
    if any(p.abs().max() > MOST_WEIGHT for model in models.values() for p in model.parameters()):
        raise CheckpointError("a weight is too large for 16 bits")
    target.mkdir(parents=True)
    try:
        _copy(source, target)
        _end(target)
        described = {WEIGHTS["latest"]: {**checkpoint.info["weights"], "which": which}}
        save = {
            name: partial(
                save_weights, model, metadata=described.get(name, {}), dtype=torch.float16
            )
            for name, model in models.items()
        }
        commit_group(target, save)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _end(target: Path) -> None:
    """A copy is not trained, whatever became of the run meanwhile."""
    copied = status.read(target)
    if copied.state in ("queued", "running"):
        ended = replace(
            copied, state="done", reason="packed before its last step", seconds_left=None
        )
        status.write(target, replace(ended, pid=None, host=""))


def _others(checkpoint: Checkpoint, source: Path, which: str) -> dict[str, GPT]:
    """The models that a stage has beside its own, by the names of their files."""
    configs: dict[str, Any] = {INITIAL: checkpoint.config}
    if reward := (checkpoint.info.get("begun_from") or {}).get("reward_model"):
        configs[REWARD] = model_config({"model": reward})
        if which == "latest":
            configs[value_model.WEIGHTS] = configs[REWARD]
    there = {name: config for name, config in configs.items() if (source / name).is_file()}
    return {name: load_weights(source / name, config)[0] for name, config in there.items()}


def _copy(source: Path, target: Path) -> None:
    """Copy the files that are the same in a packed run; none may be larger than one that is read.

    Raises:
        CheckpointError: a file is larger, or is no file.
    """
    limits = {name: run_files.MOST_FILE[name] for name in COPIED if (source / name).exists()}
    limits |= dict.fromkeys(map(snapshots.name, snapshots.steps(source)), snapshots.MOST_FILE)
    limits |= dict.fromkeys(map(rollouts.name, rollouts.steps(source)), rollouts.MOST_BYTES)
    for name, most in limits.items():
        content = bounded.read_bytes(source / name, most)
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_bytes(content)
