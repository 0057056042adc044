"""Compare: two traces of the same tokens, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpt.inspect.trace import Trace

STAGES = ("weights", "scores", "scaled")


@dataclass(frozen=True, eq=False)
class Difference:
    """What changed from one trace to another.

    Fields:
        values: (L, H, T, T), the second minus the first.
        visible: (T, T), where that has a meaning.
        limit: the largest |value| there, over all heads.
    """

    values: NDArray[Any]
    visible: NDArray[np.bool_]
    limit: float


def difference(first: Trace, second: Trace, stage: str) -> Difference:
    """Take one trace's stage from another's.

    A masked weight is exactly 0, so that weights differ wherever one of the two lets the query
    see; a masked score was not used, so that scores are compared where both do.

    Raises:
        ValueError: traces of different lengths or numbers of heads.
    """
    one, other = getattr(first, stage), getattr(second, stage)
    if one.shape != other.shape:
        raise ValueError(f"the traces have shapes {one.shape} and {other.shape}")
    either = first.visible | second.visible
    visible = either if stage == "weights" else first.visible & second.visible
    values = other - one
    return Difference(values, visible, _largest(values, visible))


def common_limit(first: Trace, second: Trace, stage: str) -> float:
    """The largest |value| of a stage in either trace, so that one colour scale fits both."""
    return max(_largest(getattr(found, stage), found.visible) for found in (first, second))


def same_rule(first: Trace, second: Trace) -> bool:
    """Whether both were computed with the same mask and the same scale."""
    return first.scale == second.scale and bool(np.array_equal(first.visible, second.visible))


def _largest(values: NDArray[Any], visible: NDArray[np.bool_]) -> float:
    seen = np.abs(values[..., visible])
    return float(seen[np.isfinite(seen)].max(initial=0))
