"""Averaging the past, three ways: what attention does before its affinities are learned.

Each takes (T, C) and gives, in row t, the mean of rows 0 to t. Lecture, 42:13 to 1:02:00.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from statistics import median

import torch
from torch.nn import functional as F


def by_loop(x: torch.Tensor) -> torch.Tensor:
    """Walk over the positions and take the mean of each one's past. Lecture, 42:13."""
    out = torch.empty_like(x)
    for t in range(len(x)):
        out[t] = x[: t + 1].mean(dim=0)
    return out


def by_product(x: torch.Tensor) -> torch.Tensor:
    """One matrix product, with rows of weights that add up to 1. Lecture, 47:11."""
    weights = lower_triangle(len(x), x.dtype)
    weights = weights / weights.sum(dim=1, keepdim=True)
    return weights @ x


def by_softmax(x: torch.Tensor) -> torch.Tensor:
    """The softmax of affinities that are all 0, where the future is masked. Lecture, 54:42."""
    affinities = torch.zeros(len(x), len(x), dtype=x.dtype)
    affinities = affinities.masked_fill(lower_triangle(len(x)) == 0, -torch.inf)
    weights = F.softmax(affinities, dim=1)
    return weights @ x


WAYS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "loop": by_loop,
    "matrix product": by_product,
    "softmax": by_softmax,
}


def lower_triangle(T: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """(T, T): 1 where the key is the query itself or came before it, else 0."""
    return torch.tril(torch.ones(T, T, dtype=dtype))


def sums(x: torch.Tensor) -> torch.Tensor:
    """(T, C): the sum of each position's past, before rows are normalized.

    >>> sums(torch.tensor([[2.0, 7.0], [6.0, 4.0], [6.0, 5.0]])).tolist()
    [[2.0, 7.0], [8.0, 11.0], [14.0, 16.0]]
    """
    return lower_triangle(len(x), x.dtype) @ x


def seconds(
    way: Callable[[torch.Tensor], torch.Tensor], lengths: Iterable[int], C: int = 32, turns: int = 5
) -> list[float]:
    """Median time in seconds of one way for each T, on (T, C) normal numbers."""
    found = []
    for T in lengths:
        x = torch.randn(T, C, generator=torch.Generator().manual_seed(T))
        way(x)  # the first call pays for what later ones find ready
        found.append(median(_timed(way, x) for _ in range(turns)))
    return found


def _timed(way: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> float:
    start = time.perf_counter()
    way(x)
    return time.perf_counter() - start
