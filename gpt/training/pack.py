"""pack: a small copy of a run, to be shared and looked at, not resumed."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import torch

import gpt.checkpoint
from gpt import bounded, run_files
from gpt.errors import CheckpointError
from gpt.names import check_name, check_new
from gpt.training import snapshots
from gpt.training.files import commit_group
from gpt.weights_file import save_weights

COPIED = (
    *("config.json", "tokenizer.json", "source_tokenizer.json"),
    *("metrics.jsonl", "samples.jsonl", "status.json"),
)


def pack(source: Path, target: Path, which: str = "best") -> None:
    """Copy a run without optimizer state and text, its weights in 16 bits.

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
    if any(p.abs().max() > torch.finfo(torch.float16).max for p in checkpoint.model.parameters()):
        raise CheckpointError("a weight is too large for 16 bits")
    target.mkdir(parents=True)
    try:
        _copy(source, target)
        metadata = {**checkpoint.info["weights"], "which": which}
        save = partial(save_weights, checkpoint.model, metadata=metadata, dtype=torch.float16)
        commit_group(target, {"model.safetensors": save})
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _copy(source: Path, target: Path) -> None:
    """Copy the files that are the same in a packed run; none may be larger than one that is read.

    Raises:
        CheckpointError: a file is larger, or is no file.
    """
    for name in COPIED:
        if (source / name).exists():
            content = bounded.read_bytes(source / name, run_files.MOST_FILE[name])
            (target / name).write_bytes(content)
    steps = snapshots.steps(source)
    if steps:
        (target / "snapshots").mkdir()
    for name in map(snapshots.name, steps):
        content = bounded.read_bytes(source / name, snapshots.MOST_FILE)
        (target / name).write_bytes(content)
