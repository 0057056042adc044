"""Attention beyond one head: rollout through the layers, and weights times what they carry."""

from __future__ import annotations

from collections.abc import Iterator, Set

import numpy as np
import torch

from gpt.errors import ConfigError
from gpt.inspect.maps import Maps
from gpt.inspect.site import AttentionSite
from gpt.inspect.trace import Traceable

Head = tuple[int, int]


def rollout(
    weights: np.ndarray | Maps, residual: float = 0.5, heads: Set[Head] | None = None
) -> np.ndarray:
    """How much of each input token is in each position after every layer, attention alone.

    Each layer mixes positions by A = (1 − residual) × the mean of its heads + residual × the
    identity, which stands for the skip connection; the mixtures are multiplied up.

    Args:
        weights: (L, H, T, T), of self-attention.
        residual: the skip connection's share; 0 for a model without one.
        heads: (layer, head) of those that are averaged; None takes all. A layer with none of
            them passes on what it got.

    Returns:
        (L, T, T): after each layer; every row sums to 1.

    Raises:
        ConfigError: a map that is not square, as cross-attention's, whose keys are of another text.

    Source: Quantifying Attention Flow in Transformers (Abnar and Zuidema, 2020), section 3.
    """
    L, _, T, S = weights.shape
    if T != S:
        raise ConfigError(
            "rollout follows one text through the layers; this map has "
            f"{T:,} queries and {S:,} keys"
        )
    identity = np.eye(T, dtype=np.float32)
    flow, after = identity, []
    for l in range(L):
        mean = head_mean(weights, l, heads)
        mixed = identity if mean is None else (1 - residual) * mean + residual * identity
        flow = mixed @ flow
        after.append(flow)
    return np.stack(after).astype(np.float32)


def token_shares(flow: np.ndarray, pool: str) -> np.ndarray:
    """How much of each token is in what a classification head reads, attention alone.

    Args:
        flow: (T, T), of the last layer, as `rollout` returns it.
        pool: the states that the head reads: their "mean", or the "first" or the "last".

    Returns:
        (T,): the shares of the tokens; they sum to 1.
    """
    read = {"mean": flow.mean(0), "first": flow[0], "last": flow[-1]}
    return np.asarray(read[pool])


def reached(visible: np.ndarray, layers: int, skip: bool = True) -> np.ndarray:
    """(T, T) bool: True where input j can be in position i after so many layers."""
    steps = visible | np.eye(len(visible), dtype=bool) if skip else visible
    reach = steps
    for _ in range(layers - 1):
        reach = (steps.astype(np.float32) @ reach.astype(np.float32)) > 0
    return reach


def head_mean(weights: np.ndarray | Maps, layer: int, heads: Set[Head] | None) -> np.ndarray | None:
    """(T, S): the mean of a layer's chosen heads; None if none of them is chosen."""
    every = range(weights.shape[1])
    return _mean(weights[layer, h] for h in every if heads is None or (layer, h) in heads)


def head_average(weights: np.ndarray | Maps, heads: Set[Head] | None = None) -> np.ndarray | None:
    """(T, S): the mean of the chosen heads of all layers; None if none is chosen."""
    every = np.ndindex(*weights.shape[:2])
    return _mean(weights[head] for head in every if heads is None or head in heads)


def _mean(maps: Iterator[np.ndarray]) -> np.ndarray | None:
    total: np.ndarray | None = None
    count = 0
    for weights in maps:
        total = np.array(weights) if total is None else np.add(total, weights, out=total)
        count += 1
    return None if total is None else total / np.float32(count)


@torch.no_grad()
def carried(model: Traceable, site: AttentionSite) -> np.ndarray:
    """(L, H, S): the length of each key's value after the head's slice of the output projection.

    Times a weight, it is the length of what one query adds to its residual stream by looking at
    this key. 0 for a head that is switched off.

    Source: ‖α f(x)‖ of Attention is Not Only a Weight (Kobayashi et al., 2020), section 3.
    """
    L, H, S, _ = site.values.shape
    lengths = np.empty((L, H, S), dtype=np.float32)
    for l, attention in enumerate(model.sites[site.name]):
        for h in range(H):
            projection = attention.head_slice(h).float().cpu().numpy()
            lengths[l, h] = np.linalg.norm(site.values[l, h] @ projection, axis=-1)
    for l, h in site.switches.heads_off:
        lengths[l, h] = 0
    return lengths
