"""Snapshots: the attention of every head on one probe prompt, taken at each evaluation.

One compressed .npz a step in `snapshots/`, 8 bits a weight: sqrt(weight) × 255, so that small
weights stay visible. They are for looking; exact numbers come from a trace. A model of two texts
has one array for each attention site.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
OTHERS = ("encoder", "cross")
"""The attention sites of a model of two texts, besides the decoder's own."""
NAMED = re.compile("([0-9]{7,10})[.]npz")  # by `name`
MOST_BYTES = 2**25
"""Size of a snapshot, a byte a weight; a model of very many heads is probed with fewer tokens."""
MOST_FILE = MOST_BYTES + bounded.MIB


@dataclass(frozen=True)
class Snapshot:
    """The attention of one moment of training.

    Fields:
        step: after how many steps.
        ids: (T,) the probe prompt; of a model of two texts, the target.
        weights: (L, H, T, T) float32, exact to 0.004; of a model of two texts, the decoder's.
        source: (S,) the source of a model of two texts, else None.
        others: of a model of two texts, the weights of its other sites by name: "encoder"
            (L, H, S, S) and "cross" (L, H, T, S).
    """

    step: int
    ids: np.ndarray
    weights: np.ndarray
    source: np.ndarray | None = None
    others: Mapping[str, np.ndarray] = field(default_factory=dict)


def write(
    model: GPT, ids: list[int], step: int, path: Path, source: list[int] | None = None
) -> None:
    """Trace a model on the probe prompt and save the weights of every head."""
    training = model.training
    traced = trace(model.eval(), ids, source=source)
    model.train(training)
    arrays: dict[str, Any] = {}
    if source is not None:
        arrays["source"] = np.asarray(source, dtype=np.int32)
    for site in OTHERS if source is not None else ():
        arrays[f"sqrt_weights_{site}"] = coded(traced.site(site).weights[:])
    np.savez_compressed(
        path,
        step=np.int64(step),
        ids=np.asarray(ids, dtype=np.int32),
        sqrt_weights=coded(traced.weights[:]),
        **arrays,
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


def first(folder: Path, config: GPTConfig | None = None) -> Snapshot | None:
    """The first snapshot of a run folder; None if it has none, or one that cannot be read.

    For its tokens: who has no use for the weights in it can do without.

    Args:
        config: as for `read`.
    """
    with suppress(CheckpointError):
        return next((read(folder, step, config) for step in steps(folder)[:1]), None)
    return None


def probe_length(config: GPTConfig) -> int:
    """How many tokens a model is probed with (T): its heads' weights have a bounded size."""
    layers, longest = config.n_layer, config.block_size
    if config.n_encoder_layer:
        layers = 2 * layers + config.n_encoder_layer
        longest = min(longest, config.encoder.block_size)
    heads = max(1, layers * config.n_head)
    return min(PROBE_TOKENS, longest, math.isqrt(MOST_BYTES // heads))


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
    if config.n_encoder_layer:
        rules["source"] = ArrayRule("i4", (None,))
        rules["sqrt_weights_encoder"] = ArrayRule("u1", (config.n_encoder_layer, H, None, None))
        rules["sqrt_weights_cross"] = ArrayRule("u1", (L, H, None, None))
    arrays = bounded.arrays(path, rules, MOST_FILE)
    _check(arrays, step, config, f"{folder.name}/{name(step)}")
    others = {site: arrays[f"sqrt_weights_{site}"] for site in OTHERS} if "source" in arrays else {}
    return Snapshot(
        step,
        arrays["ids"].astype(np.int64),
        _weights(arrays["sqrt_weights"]),
        arrays["source"].astype(np.int64) if "source" in arrays else None,
        {site: _weights(codes) for site, codes in others.items()},
    )


def _weights(codes: np.ndarray) -> np.ndarray:
    return (codes.astype(np.float32) / 255) ** 2


def _check(arrays: Mapping[str, np.ndarray], step: int, config: GPTConfig, where: str) -> None:
    """Refuse arrays that are not of this step, of these tokens and of this vocabulary.

    Raises:
        CheckpointError: naming the file.
    """
    T, S = len(arrays["ids"]), len(arrays.get("source", ()))
    lengths = {"sqrt_weights": (T, T), "sqrt_weights_encoder": (S, S), "sqrt_weights_cross": (T, S)}
    own = int(arrays["step"])
    for key, wanted in lengths.items():
        if own != step or (key in arrays and arrays[key].shape[2:] != wanted):
            raise CheckpointError(
                f"{where} cannot be read: it is of step {own}, of {T} tokens and of weights "
                f"{arrays.get(key, arrays['sqrt_weights']).shape}"
            )
    texts = [(arrays["ids"], config.vocab_size)]
    if "source" in arrays:
        texts.append((arrays["source"], config.encoder.vocab_size))
    if any(not len(ids) or ids.min() < 0 or ids.max() >= size for ids, size in texts):
        raise CheckpointError(f"{where} cannot be read: its tokens are not ours")
