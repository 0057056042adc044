"""The products of `gpt.nn.averaging` as numpy, for those who look: weights and what they give."""

from __future__ import annotations

import inspect

import numpy as np
import torch

from gpt.nn import averaging

LENGTHS = (8, 16, 32, 64, 128, 256, 512)


def sums_of(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The triangle of ones, (T, T), and the running sums of (T, C) that it gives."""
    return averaging.lower_triangle(len(x)).numpy(), averaging.sums(torch.tensor(x)).numpy()


def means_of(x: np.ndarray, way: str = "matrix product") -> tuple[np.ndarray, np.ndarray]:
    """Each row's weights, (T, T), and the running means of (T, C), in one of `WAYS`."""
    weights = averaging.WAYS[way](torch.eye(len(x), dtype=torch.float64)).numpy()
    return weights, averaging.WAYS[way](torch.tensor(x)).numpy()


def affinities_of_zero(T: int) -> tuple[np.ndarray, np.ndarray]:
    """(T, T) zeros with the future at −inf, and the weights that their softmax gives."""
    masked = np.where(averaging.lower_triangle(T).numpy() > 0, 0.0, -np.inf)
    return masked, means_of(np.eye(T), "softmax")[0]


def source_of(way: str) -> str:
    """The code of a way, as it runs."""
    return inspect.getsource(averaging.WAYS[way])


def furthest(T: int = 64, C: int = 8, seed: int = 1) -> dict[str, float]:
    """The largest |difference| of each way from the loop, on (T, C) normal numbers in float64."""
    x = np.random.default_rng(seed).normal(size=(T, C))
    _, expected = means_of(x, "loop")
    return {way: float(abs(means_of(x, way)[1] - expected).max()) for way in averaging.WAYS}


def seconds() -> dict[str, list[float]]:
    """For each way, the median seconds at each T of `LENGTHS`, on this machine, now."""
    return {name: averaging.seconds(way, LENGTHS) for name, way in averaging.WAYS.items()}


def loop_against_product(found: dict[str, list[float]]) -> float:
    """How many times as long the loop took as the matrix product, at the largest T."""
    return found["loop"][-1] / found["matrix product"][-1]
