"""Analyses: numbers that sum up an attention pattern."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpt.inspect.maps import Maps, each


def row_entropy(weights: np.ndarray | Maps) -> np.ndarray:
    """Entropy of every row in nats, (..., T, S) to (..., T); 0 log 0 counts as 0."""
    # Head by head: all logarithms of a large model would be gigabytes.
    entropies = [-np.einsum("ij,ij->i", head, _logs(head)) for head in each(weights)]
    return np.array(entropies).reshape(weights.shape[:-1])


def _logs(weights: np.ndarray) -> np.ndarray:
    """The natural logarithm of each weight; 0 for a weight of 0, so that 0 log 0 is 0."""
    return np.log(weights, out=np.zeros_like(weights), where=weights > 0)


def entropy(weights: np.ndarray | Maps) -> np.ndarray:
    """Mean entropy over the queries in nats, (..., T, S) to (...); from 0 to ln S."""
    return row_entropy(weights).mean(-1)


def telling(weights: np.ndarray | Maps) -> np.ndarray:
    """What a query tells of where it looks, in nats: (..., T, S) to (...), from 0 to ln S.

    It is the mutual information of query and key: the entropy of the queries' mean row, less the
    mean of their entropies. A head that looks the same from everywhere has 0, however sharply.
    """
    means = [head.mean(0, dtype=np.float64, keepdims=True) for head in each(weights)]  # (1, S)
    mean_rows = np.array(means).reshape(*weights.shape[:-2], 1, weights.shape[-1])
    return np.maximum(entropy(mean_rows) - entropy(weights), 0)


def sharpest_first(means: np.ndarray) -> list[tuple[int, int]]:
    """(layer, head) of every head by its mean entropy, (L, H), the lowest first."""
    flat: Any = np.argsort(means, axis=None, kind="stable")
    return [(int(l), int(h)) for l, h in zip(*np.unravel_index(flat, means.shape), strict=True)]


def largest_first(scores: np.ndarray) -> list[tuple[int, int]]:
    """(layer, head) of every head by its score, (L, H), the highest first; nan last."""
    flat: Any = np.argsort(-scores, axis=None, kind="stable")
    return [(int(l), int(h)) for l, h in zip(*np.unravel_index(flat, scores.shape), strict=True)]
