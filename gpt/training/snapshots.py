"""Snapshots: the attention of every head on one probe prompt, taken at each evaluation.

One compressed .npz a step in `snapshots/`, 8 bits a weight: sqrt(weight) × 255, so that small
weights stay visible. They are to be looked at; what is to be read exactly comes from a trace.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpt.errors import CheckpointError
from gpt.inspect.trace import trace
from gpt.nn.model import GPT

PROBE_TOKENS = 64
NAMED = re.compile("[0-9]{7,10}")  # by `name`
# What numpy raises for a file that is damaged (the first four) or holds something else.
UNREADABLE = (EOFError, zipfile.BadZipFile, zlib.error, ValueError, KeyError, TypeError)


@dataclass(frozen=True)
class Snapshot:
    """The attention of one moment of training.

    Fields:
        step: after how many steps.
        ids: (T,) the probe prompt.
        weights: (L, H, T, T) float32, exact to 0.004.
    """

    step: int
    ids: np.ndarray
    weights: np.ndarray


def write(model: GPT, ids: list[int], step: int, path: Path) -> None:
    """Trace a model on the probe prompt and save the weights of every head."""
    training = model.training
    weights = trace(model.eval(), ids).weights[:]
    model.train(training)
    np.savez_compressed(
        path,
        step=np.int64(step),
        ids=np.asarray(ids, dtype=np.int32),
        sqrt_weights=coded(weights),
    )


def coded(weights: np.ndarray) -> np.ndarray:
    """Weights in 8 bits, as the file has them; what `read` gave is coded without loss."""
    return np.round(np.sqrt(weights) * 255).astype(np.uint8)


def name(step: int) -> str:
    """The file's name inside the run folder."""
    return f"snapshots/{step:07d}.npz"


def steps(folder: Path) -> list[int]:
    """The steps of which a run folder has a snapshot."""
    found = (path.stem for path in (folder / "snapshots").glob("*.npz"))
    return sorted(int(stem) for stem in found if NAMED.fullmatch(stem))


def read(folder: Path, step: int) -> Snapshot:
    """Read one snapshot of a run folder.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    path = folder / name(step)
    try:
        with np.load(path, allow_pickle=False) as file:
            weights = (file["sqrt_weights"].astype(np.float32) / 255) ** 2
            return Snapshot(int(file["step"]), file["ids"].astype(np.int64), weights)
    except (OSError, *UNREADABLE) as error:
        raise CheckpointError(f"{folder.name}/{name(step)} cannot be read ({error})") from None
