"""Compare: the attention of two passes over the same tokens, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpt.inspect.maps import Maps, each, is_large
from gpt.inspect.site import AttentionSite

STAGES = ("weights", "scores", "scaled")


@dataclass(frozen=True, eq=False)
class Difference:
    """What changed from one pass to another.

    Fields:
        values: (L, H, T, S), the second minus the first; if that is large, head by head.
        visible: (T, S), where the difference has a meaning.
        limit: the largest |value| there, over all heads.
    """

    values: NDArray[Any] | Maps
    visible: NDArray[np.bool_]
    limit: float


def difference(first: AttentionSite, second: AttentionSite, stage: str) -> Difference:
    """The second pass's stage minus the first's, at one site of attention.

    A masked weight is exactly 0, so weights are compared where either pass lets the query see. A
    masked score was not used, so scores are compared where both do.

    Raises:
        ValueError: passes of different lengths or numbers of heads.
    """
    values, visible = between(first, second, stage)
    return Difference(values, visible, _largest(values, visible))


def between(
    first: AttentionSite, second: AttentionSite, stage: str
) -> tuple[NDArray[Any] | Maps, NDArray[np.bool_]]:
    """The first two fields of their `Difference`, without going through every head."""
    before, after = first.maps(stage), second.maps(stage)
    if before.shape != after.shape:
        raise ValueError(f"the traces have shapes {before.shape} and {after.shape}")
    either = first.visible | second.visible
    visible = either if stage == "weights" else first.visible & second.visible
    values: NDArray[Any] | Maps = Maps(before.shape, lambda l, h: after[l, h] - before[l, h])
    if not is_large(*first.shape):
        values = values[:]
    return values, visible


def common_limit(first: AttentionSite, second: AttentionSite, stage: str) -> float:
    """The largest |value| of a stage in either pass, so that one colour scale fits both."""
    return max(_largest(site.maps(stage), site.visible) for site in (first, second))


def same_rule(first: AttentionSite, second: AttentionSite) -> bool:
    """Whether both were computed with the same mask and the same scale."""
    return first.scale == second.scale and bool(np.array_equal(first.visible, second.visible))


def _largest(values: NDArray[Any] | Maps, visible: NDArray[np.bool_]) -> float:
    """The largest finite |value|; 0 if there is none."""
    return max((_largest_finite(head[visible]) for head in each(values)), default=0.0)


def _largest_finite(numbers: NDArray[Any]) -> float:
    sizes = np.abs(numbers)
    return float(sizes[np.isfinite(sizes)].max(initial=0))
