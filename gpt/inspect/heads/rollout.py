"""Attention beyond one head: rollout through the layers, and weights times what they carry."""

from __future__ import annotations

from collections.abc import Iterator, Set

import numpy as np
import torch

from gpt.inspect.maps import Maps
from gpt.inspect.trace import Trace
from gpt.nn.model import GPT

Head = tuple[int, int]


def rollout(
    weights: np.ndarray | Maps, residual: float = 0.5, heads: Set[Head] | None = None
) -> np.ndarray:
    """How much of each input token is in each position after every layer, attention alone.

    Each layer mixes positions by A = (1 − residual) × the mean of its heads + residual × the
    identity, which stands for the skip connection; the mixtures are multiplied up.

    Args:
        weights: (L, H, T, T).
        residual: the skip connection's share; 0 for a model without one.
        heads: (layer, head) of those that are averaged; None takes all. A layer with none of
            them passes on what it got.

    Returns:
        (L, T, T): after each layer; every row sums to 1.

    Source: Quantifying Attention Flow in Transformers (Abnar and Zuidema, 2020), section 3.
    """
    L, _, T, _ = weights.shape
    identity = np.eye(T, dtype=np.float32)
    flow, after = identity, []
    for l in range(L):
        mean = head_mean(weights, l, heads)
        mixed = identity if mean is None else (1 - residual) * mean + residual * identity
        flow = mixed @ flow
        after.append(flow)
    return np.stack(after).astype(np.float32)


def reached(visible: np.ndarray, layers: int, skip: bool = True) -> np.ndarray:
    """(T, T) bool: True where input j can be in position i after so many layers."""
    steps = visible | np.eye(len(visible), dtype=bool) if skip else visible
    reach = steps
    for _ in range(layers - 1):
        reach = (steps.astype(np.float32) @ reach.astype(np.float32)) > 0
    return reach


def head_mean(weights: np.ndarray | Maps, layer: int, heads: Set[Head] | None) -> np.ndarray | None:
    """(T, T): the mean of a layer's chosen heads; None where none of them is chosen."""
    every = range(weights.shape[1])
    return _mean(weights[layer, h] for h in every if heads is None or (layer, h) in heads)


def head_average(weights: np.ndarray | Maps, heads: Set[Head] | None = None) -> np.ndarray | None:
    """(T, T): the mean of the chosen heads of all layers; None where none is chosen."""
    every = np.ndindex(*weights.shape[:2])
    return _mean(weights[head] for head in every if heads is None or head in heads)


def _mean(maps: Iterator[np.ndarray]) -> np.ndarray | None:
    total: np.ndarray | None = None
    count = 0
    for one in maps:
        total = np.array(one) if total is None else np.add(total, one, out=total)
        count += 1
    return None if total is None else total / np.float32(count)


@torch.no_grad()
def carried(model: GPT, found: Trace) -> np.ndarray:
    """(L, H, T): how long the vector is that each key's value adds, once projected.

    ‖value_j through the head's slice of the output projection‖; times a weight, it is the length
    of what this one look adds to the residual stream. 0 for a head that is switched off.

    Source: ‖α f(x)‖ of Attention is Not Only a Weight (Kobayashi et al., 2020), section 3.
    """
    L, H, T, _ = found.values.shape
    lengths = np.empty((L, H, T), dtype=np.float32)
    for l, block in enumerate(model.blocks):
        for h in range(H):
            projection = block.attn.head_slice(h).float().cpu().numpy()
            lengths[l, h] = np.linalg.norm(found.values[l, h] @ projection, axis=-1)
    for l, h in found.switches.heads_off:
        lengths[l, h] = 0
    return lengths
