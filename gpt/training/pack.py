"""pack: a small copy of a run, to be shared and looked at, not resumed."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

import gpt.checkpoint
from gpt.checkpoint import save_weights
from gpt.errors import CheckpointError
from gpt.training.files import commit_group

KEPT = ("config.json", "tokenizer.json", "metrics.jsonl", "samples.jsonl", "status.json")


def pack(source: Path, target: Path, which: str = "best") -> None:
    """Copy a run without optimizer state and text, its weights in 16 bits.

    float16 keeps three more bits of each weight than bfloat16, and every weight of a trained
    model is well inside its range.

    Raises:
        CheckpointError: the source is no run, the target is there already, or a weight is too
            large for 16 bits.
    """
    checkpoint = gpt.checkpoint.load(source, which)
    if target.exists():
        raise CheckpointError(f"{target.name!r} is there already; choose another folder")
    if any(p.abs().max() > torch.finfo(torch.float16).max for p in checkpoint.model.parameters()):
        raise CheckpointError("a weight is too large for 16 bits")
    target.mkdir(parents=True)
    for name in KEPT:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    if (source / "snapshots").is_dir():
        shutil.copytree(source / "snapshots", target / "snapshots")
    metadata = {**checkpoint.info["weights"], "which": which}
    commit_group(
        target,
        {
            "model.safetensors": lambda path: save_weights(
                checkpoint.model, path, metadata, torch.float16
            )
        },
    )
