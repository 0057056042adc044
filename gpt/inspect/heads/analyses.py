"""Analyses: numbers that sum up an attention pattern."""

from __future__ import annotations

from typing import Any

import numpy as np


def row_entropy(weights: np.ndarray) -> np.ndarray:
    """Entropy of every row in nats, (..., T, S) to (..., T); 0 log 0 counts as 0."""
    maps = weights.reshape(-1, *weights.shape[-2:])
    found = np.empty(maps.shape[:-1], weights.dtype)
    for n, one in enumerate(maps):  # one by one: of a large model, all logarithms are gigabytes
        logs = np.log(one, out=np.zeros_like(one), where=one > 0)
        found[n] = -(one * logs).sum(-1)
    return found.reshape(weights.shape[:-1])


def entropy(weights: np.ndarray) -> np.ndarray:
    """Mean entropy over the queries in nats, (..., T, S) to (...); from 0 to ln S."""
    return row_entropy(weights).mean(-1)


def sharpest_first(means: np.ndarray) -> list[tuple[int, int]]:
    """(layer, head) of every head by its mean entropy, (L, H), the lowest first."""
    flat: Any = np.argsort(means, axis=None, kind="stable")
    return [(int(l), int(h)) for l, h in zip(*np.unravel_index(flat, means.shape), strict=True)]


def largest_first(scores: np.ndarray) -> list[tuple[int, int]]:
    """(layer, head) of every head by its score, (L, H), the highest first; nan last."""
    flat: Any = np.argsort(-scores, axis=None, kind="stable")
    return [(int(l), int(h)) for l, h in zip(*np.unravel_index(flat, scores.shape), strict=True)]
