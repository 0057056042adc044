"""How far a share that was measured on a sample may be from the true one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

NORMAL = 1.959963984540054
"""Standard deviations within which 95 % of a normal distribution lie."""


@dataclass(frozen=True)
class Measured:
    """A number that was measured on a sample, with its 95 % confidence interval.

    Fields:
        value: as measured.
        low, high: the ends of the interval.
    """

    value: float
    low: float
    high: float


def share(successes: float, trials: int) -> Measured:
    """A share with Wilson's interval (Wilson, 1927), which stays within 0 and 1.

    >>> half = share(5, 10)
    >>> round(half.low, 4), half.value, round(half.high, 4)
    (0.2366, 0.5, 0.7634)
    """
    p, z2 = successes / trials, NORMAL**2
    center = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    width = math.sqrt(p * (1 - p) / trials + z2 / (4 * trials**2)) * NORMAL / (1 + z2 / trials)
    return Measured(p, center - width, center + width)


def ratio(sums: np.ndarray, counts: np.ndarray) -> Measured:
    """A mean over what several blocks of a text hold, with its interval over the blocks.

    Neighbours in a text are alike, so what is taken as independent is a block and not a token.

    Args:
        sums, counts: (N,), of each block; the mean is their totals' ratio.

    Returns:
        All three nan without a count; an interval without ends if there is a single block.

    Source: the standard error of a ratio estimate, Cochran, Sampling Techniques (1977), 6.4.
    """
    total, N = float(np.sum(counts)), len(counts)
    if not total:
        return Measured(math.nan, math.nan, math.nan)
    value = float(np.sum(sums)) / total
    if N < 2:
        return Measured(value, math.nan, math.nan)
    off = np.asarray(sums) - value * np.asarray(counts)
    width = NORMAL * math.sqrt(N / (N - 1) * float(np.sum(off**2))) / total
    return Measured(value, value - width, value + width)
