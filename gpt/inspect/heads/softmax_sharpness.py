"""Sharpness: numbers that show why the scores are scaled.

Attention Is All You Need, section 3.2.1 and footnote 4: q · k of unit Gaussians has the variance
D, and a softmax of large numbers is sharp and passes little gradient. Lecture, 1:16:56.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpt.inspect.maps import Maps, each
from gpt.inspect.sampling import softmax
from gpt.nn.config import GPTConfig

Numbers = NDArray[np.float64]

LECTURE = (0.1, -0.2, 0.3, -0.2, 0.5)
"""The logits of the lecture's example, which sharpens them by 8."""

HEAD_SIZES = tuple(2**power for power in range(9))
DRAWS = 20_000
"""A measured variance is off by about sqrt(2 / draws), 1 %, and by sqrt(8 / draws) at D = 1."""


@dataclass(frozen=True, eq=False)
class Spread:
    """The variance of q · k, measured over draws.

    Fields:
        head_sizes: (N,) D.
        unscaled: (N,) variance of q · k; theory says D.
        scaled: (N,) variance of q · k / sqrt(D); theory says 1.
    """

    head_sizes: NDArray[np.int64]
    unscaled: Numbers
    scaled: Numbers
    draws: int
    seed: int


def gaussian_spread(seed: int, draws: int = DRAWS) -> Spread:
    """Draw q and k from unit Gaussians, and measure the variance of q · k at every head size.

    A head of size D takes the first D components of each draw.
    """
    sizes = np.array(HEAD_SIZES)
    dots = _dots(np.random.default_rng(seed), draws)
    return Spread(
        head_sizes=sizes,
        unscaled=dots.var(axis=0),
        scaled=(dots / np.sqrt(sizes)).var(axis=0),
        draws=draws,
        seed=seed,
    )


def _dots(dice: np.random.Generator, draws: int) -> Numbers:
    """(draws, N): q · k at every head size, each adding its components to the one before."""
    q, k = dice.standard_normal((2, draws, HEAD_SIZES[-1]), dtype=np.float32)
    added = np.add.reduceat(q * k, [0, *HEAD_SIZES[:-1]], axis=1)
    sums: Numbers = added.astype(np.float64).cumsum(axis=1)
    return sums


def score_variance(scores: NDArray[np.floating] | Maps, visible: NDArray[np.bool_]) -> Numbers:
    """Variance of every head's scores over the visible cells, (..., T, S) to (...)."""
    variances = [head[visible].astype(np.float64).var() for head in each(scores)]
    return np.array(variances).reshape(scores.shape[:-2])


def top_weight(row_top: NDArray[np.floating]) -> Numbers:
    """Mean over the queries of their largest weights (`Trace.row_top`), (..., T) to (...)."""
    return row_top.mean(axis=-1, dtype=np.float64)


def most_entropy(S: int) -> float:
    """The entropy of an even share over S keys, ln S nats."""
    return float(np.log(S))


def scale_of(config: GPTConfig, multiple: float) -> float:
    """So many times 1/sqrt(D), as `Switches` takes it."""
    return float(multiple * config.head_size**-0.5)


def jacobian_norm(probs: NDArray[np.floating]) -> Numbers:
    """Frobenius norm of the softmax's Jacobian, diag(p) - p pᵀ, (..., N) to (...).

    0 where one of the p is 1: the softmax is saturated, and no gradient passes. The square is
    Σp² - 2Σp³ + (Σp²)², from tr((diag(p) - p pᵀ)²).
    """
    p = probs.astype(np.float64)
    squares = (p**2).sum(-1)
    norm: Numbers = np.sqrt(np.maximum(squares - 2 * (p**3).sum(-1) + squares**2, 0))
    return norm


def sharpened(logits: NDArray[np.floating], factors: NDArray[np.floating]) -> Numbers:
    """Softmax of the logits times each factor: (N,) and (F,) to (F, N)."""
    return softmax(np.multiply.outer(np.asarray(factors, float), logits))
