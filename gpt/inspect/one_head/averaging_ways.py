"""Averaging the past in three ways, as attention does before its affinities are learned.

Each way takes (T, C); row t of its result is the mean of rows 0 to t. Lecture, 42:13 to 1:02:00.
The functions after them return numpy arrays, with the weights that each way used.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable
from statistics import median

import numpy as np
import torch
from torch.nn import functional as F

LENGTHS = (8, 16, 32, 64, 128, 256, 512)
"""T at which the ways are timed."""


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
    """(T, T): 1 if the key is the query itself or comes before it, else 0."""
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
    medians = []
    for T in lengths:
        x = torch.randn(T, C, generator=torch.Generator().manual_seed(T))
        way(x)  # the first call pays for what later ones find ready
        medians.append(median(_timed(way, x) for _ in range(turns)))
    return medians


def _timed(way: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> float:
    start = time.perf_counter()
    way(x)
    return time.perf_counter() - start


def sums_of(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The triangle of ones, (T, T), and the running sums of (T, C) that it gives."""
    return lower_triangle(len(x)).numpy(), sums(torch.tensor(x)).numpy()


def means_of(x: np.ndarray, way: str = "matrix product") -> tuple[np.ndarray, np.ndarray]:
    """Each row's weights, (T, T), and the running means of (T, C), in one of `WAYS`."""
    weights = WAYS[way](torch.eye(len(x), dtype=torch.float64)).numpy()
    return weights, WAYS[way](torch.tensor(x)).numpy()


def affinities_of_zero(T: int) -> tuple[np.ndarray, np.ndarray]:
    """(T, T) zeros with the future at −inf, and the weights that their softmax gives."""
    masked = np.where(lower_triangle(T).numpy() > 0, 0.0, -np.inf)
    return masked, means_of(np.eye(T), "softmax")[0]


def source_of(way: str) -> str:
    """The code of a way, as it runs."""
    return inspect.getsource(WAYS[way])


def largest_differences(T: int = 64, C: int = 8, seed: int = 1) -> dict[str, float]:
    """The largest |difference| of each way from the loop, on (T, C) normal numbers in float64."""
    x = np.random.default_rng(seed).normal(size=(T, C))
    _, expected = means_of(x, "loop")
    return {way: float(abs(means_of(x, way)[1] - expected).max()) for way in WAYS}


def seconds_of_ways() -> dict[str, list[float]]:
    """For each way, the median seconds at each T of `LENGTHS`, on this machine, now."""
    return {name: seconds(way, LENGTHS) for name, way in WAYS.items()}


def loop_against_product(times: dict[str, list[float]]) -> float:
    """How many times as long the loop took as the matrix product, at the largest T."""
    return times["loop"][-1] / times["matrix product"][-1]
