"""Snapshots: the attention of every head on one probe prompt, taken at each evaluation.

One compressed .npz a step in `snapshots/`, 8 bits a weight: sqrt(weight) × 255, so that small
weights stay visible. They are for looking; exact numbers come from a trace.
"""

from __future__ import annotations

import math
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpt import bounded
from gpt.bounded import ArrayRule
from gpt.checkpoint import model_config
from gpt.errors import CheckpointError
from gpt.inspect.trace import trace
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.run_files import read_config

PROBE_TOKENS = 64
NAMED = re.compile("([0-9]{7,10})[.]npz")  # by `name`
MOST_BYTES = 2**25
"""Size of a snapshot, a byte a weight; a model of very many heads is probed with fewer tokens."""
MOST_FILE = MOST_BYTES + bounded.MIB


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
    """Weights in 8 bits, as in the file; weights that `read` returned lose nothing."""
    return np.round(np.sqrt(weights) * 255).astype(np.uint8)


def name(step: int) -> str:
    """The file's name inside the run folder."""
    return f"snapshots/{step:07d}.npz"


def steps(folder: Path) -> list[int]:
    """The steps that a run folder has a snapshot of."""
    with suppress(OSError), os.scandir(folder / "snapshots") as entries:
        named = (NAMED.fullmatch(entry.name) for entry in entries)
        return sorted(int(match[1]) for match in named if match)
    return []


def probe_length(config: GPTConfig) -> int:
    """How many tokens a model is probed with (T): its heads' weights have a bounded size."""
    heads = max(1, config.n_layer * config.n_head)
    return min(PROBE_TOKENS, config.block_size, math.isqrt(MOST_BYTES // heads))


def read(folder: Path, step: int, config: GPTConfig | None = None) -> Snapshot:
    """Read one snapshot of a run folder.

    Args:
        config: the run's; None reads it.

    Raises:
        CheckpointError: it is missing, damaged, or not of this run.
    """
    config = config or model_config(read_config(folder))
    path, L, H = folder / name(step), config.n_layer, config.n_head
    rules = {
        "step": ArrayRule("i8", ()),
        "ids": ArrayRule("i4", (None,)),
        "sqrt_weights": ArrayRule("u1", (L, H, None, None)),
    }
    arrays = bounded.arrays(path, rules, MOST_FILE)
    ids, codes = arrays["ids"], arrays["sqrt_weights"]
    if int(arrays["step"]) != step or codes.shape != (L, H, len(ids), len(ids)):
        raise CheckpointError(
            f"{folder.name}/{name(step)} cannot be read: it is of step {int(arrays['step'])}, of "
            f"{len(ids)} tokens and of weights {codes.shape}"
        )
    if not len(ids) or ids.min() < 0 or ids.max() >= config.vocab_size:
        raise CheckpointError(f"{folder.name}/{name(step)} cannot be read: its tokens are not ours")
    weights = (codes.astype(np.float32) / 255) ** 2
    return Snapshot(step, ids.astype(np.int64), weights)
