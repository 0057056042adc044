"""Compare: two traces of the same tokens, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpt.inspect.maps import Maps, each, is_large
from gpt.inspect.trace import Trace

STAGES = ("weights", "scores", "scaled")


@dataclass(frozen=True, eq=False)
class Difference:
    """What changed from one trace to another.

    Fields:
        values: (L, H, T, T), the second minus the first; head by head where that is large.
        visible: (T, T), where that has a meaning.
        limit: the largest |value| there, over all heads.
    """

    values: NDArray[Any] | Maps
    visible: NDArray[np.bool_]
    limit: float


def difference(first: Trace, second: Trace, stage: str) -> Difference:
    """Take one trace's stage from another's.

    A masked weight is exactly 0, so that weights differ wherever one of the two lets the query
    see; a masked score was not used, so that scores are compared where both do.

    Raises:
        ValueError: traces of different lengths or numbers of heads.
    """
    values, visible = between(first, second, stage)
    return Difference(values, visible, _largest(values, visible))


def between(
    first: Trace, second: Trace, stage: str
) -> tuple[NDArray[Any] | Maps, NDArray[np.bool_]]:
    """The first two fields of their `Difference`, which do not take a look at every head."""
    one, other = first.maps(stage), second.maps(stage)
    if one.shape != other.shape:
        raise ValueError(f"the traces have shapes {one.shape} and {other.shape}")
    either = first.visible | second.visible
    visible = either if stage == "weights" else first.visible & second.visible
    values: NDArray[Any] | Maps = Maps(one.shape, lambda l, h: other[l, h] - one[l, h])
    if not is_large(*one.shape[:3]):
        values = values[:]
    return values, visible


def common_limit(first: Trace, second: Trace, stage: str) -> float:
    """The largest |value| of a stage in either trace, so that one colour scale fits both."""
    return max(_largest(found.maps(stage), found.visible) for found in (first, second))


def same_rule(first: Trace, second: Trace) -> bool:
    """Whether both were computed with the same mask and the same scale."""
    return first.scale == second.scale and bool(np.array_equal(first.visible, second.visible))


def _largest(values: NDArray[Any] | Maps, visible: NDArray[np.bool_]) -> float:
    """Of the finite numbers; 0 where there is none."""
    return max((_finite(head[visible]) for head in each(values)), default=0.0)


def _finite(seen: NDArray[Any]) -> float:
    sizes = np.abs(seen)
    return float(sizes[np.isfinite(sizes)].max(initial=0))
