"""Printed sums: rounded numbers that add up to their rounded total."""

from __future__ import annotations

import numpy as np


def adding_up(parts: np.ndarray, digits: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Round parts and their sum so that, as printed, they add up.

    The total is rounded as usual. If the rounded parts do not add up to it, those that rounding
    moved most are rounded the other way (the method of the largest remainder), so each part is
    within one unit of the last digit.

    Args:
        parts: (n, ...) summands along the first axis.
        digits: after the point.

    Returns:
        The parts (n, ...) and the total (...), float64 with so many digits.

    >>> adding_up(np.array([0.00004, 0.00004, 0.00004]))[0].tolist()
    [0.0001, 0.0, 0.0]
    """
    exact = parts.astype(np.float64) * 10.0**digits
    total = np.rint(exact.sum(axis=0))
    rounded = np.rint(exact)
    missing = total - rounded.sum(axis=0)  # at most n/2 units either way
    gain = np.sign(missing) * (exact - rounded)  # what going one further the same way would mend
    rank = np.argsort(np.argsort(-gain, axis=0, kind="stable"), axis=0, kind="stable")
    rounded += np.sign(missing) * (rank < np.abs(missing))
    return rounded / 10.0**digits + 0.0, total / 10.0**digits + 0.0  # never −0
