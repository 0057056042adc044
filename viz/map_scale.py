"""The colour scale of a map: the same colours, ends and bar in every figure that draws one."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from viz.colors import SIGNED_SCALE, WEIGHTS_SCALE
from viz.given import Array

Kind = Literal["weights", "signed"]
"""Always coloured from 0 to 1, or from −limit to limit."""

DECIMALS = 4
"""Decimals that most numbers are printed with."""

LEAST_UNITS = 10
"""Units of the last printed decimal that a signed scale reaches to, at least."""


def signed_end(values: ArrayLike, decimals: int = DECIMALS) -> float:
    """The end of a signed scale: the largest finite |value|, but never one that is printed as 0.

    What is printed as 0 is then at most a twentieth of the way to the darkest colour: rounding
    errors of a computation look like the zeros that they are.

    Args:
        values: any shape; the largest of them is enough.
        decimals: how many the numbers are printed with.

    >>> signed_end([-2.0, 1.0, np.nan]), signed_end(0.000002)
    (2.0, 0.001)
    """
    numbers = np.asarray(values)
    largest = float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0))
    return max(largest, LEAST_UNITS / 10**decimals)


def map_scale(
    numbers: Array, kind: Kind, limit: float | None = None, decimals: int = DECIMALS
) -> dict[str, Any]:
    """The colour scale and its two ends, as plotly's heatmap takes them.

    Args:
        numbers: the finite numbers that are drawn.
        limit: end of the signed scale; None: as `signed_end` says.
        decimals: how many the numbers are printed with.

    Raises:
        ValueError: another kind of scale, or an end that cannot be.
    """
    if kind not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}, got {kind!r}")
    if limit is not None and not (np.isfinite(limit) and limit >= 0):
        raise ValueError(f"limit must be a number of 0 or more, got {limit!r}")
    if kind == "weights":
        return {"colorscale": WEIGHTS_SCALE, "zmin": 0.0, "zmax": 1.0}
    end = signed_end(numbers if limit is None else limit, decimals)
    return {"colorscale": SIGNED_SCALE, "zmin": -end, "zmax": end}


def faint(color: str) -> str:
    """A third of a colour over whatever is behind it, so that it suits both themes."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"
