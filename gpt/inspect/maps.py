"""Maps: a (T, S) map for every head, whole in memory or made one by one.

For GPT-2 at 1,024 tokens a stage of all heads is 600 MB; what looks at them one after the other
needs no more than one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Head = tuple[int, int]

WHOLE = 1 << 24
"""Numbers up to which all maps are made at once: 64 MiB."""

PEAKS = 96
"""Blocks in each direction that a large map is drawn with as a thumbnail, each as its largest
number."""


class Maps:
    """(L, H, T, S) that is not in memory: `[l, h]` makes one head's map, `[:]` all of them."""

    def __init__(self, shape: tuple[int, ...], make: Callable[[int, int], np.ndarray]) -> None:
        self.shape, self._make = shape, make

    def __getitem__(self, head: Head | slice) -> np.ndarray:
        if isinstance(head, tuple):
            return self._make(*head)
        whole = np.empty(self.shape, np.float32)
        for l, h in np.ndindex(*self.shape[:2]):
            whole[l, h] = self._make(l, h)
        return whole


def each(values: np.ndarray | Maps) -> Iterator[np.ndarray]:
    """The map of every head, layer by layer; an array may have other leading axes."""
    if isinstance(values, np.ndarray):
        return iter(values.reshape(-1, *values.shape[-2:]))
    return (values[l, h] for l, h in np.ndindex(*values.shape[:2]))


def is_large(n_layer: int, n_head: int, queries: int, keys: int | None = None) -> bool:
    """Whether one stage of all heads is too much to keep for every trace.

    Args:
        keys: S; None: as many as queries.
    """
    return n_layer * n_head * queries * (queries if keys is None else keys) > WHOLE


def block_starts(length: int) -> np.ndarray:
    """(min(T, 96),): where the blocks of a map of T queries begin, or those of T keys.

    >>> block_starts(97)[:3].tolist(), block_starts(97)[-1].item()
    ([0, 1, 2], 95)
    """
    size = min(length, PEAKS)
    return np.arange(size) * length // size
