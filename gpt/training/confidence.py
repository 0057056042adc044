"""How far a share that was measured on a sample may be from the true one."""

from __future__ import annotations

import math
from dataclasses import dataclass

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
