"""Large traces: how many are kept, how many cores they take, and how much of them is saved.

A trace is large if all its maps together take gigabytes: they are then computed head by head, and
only the latest traces stay in memory (docs/adr/0016).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from gpt.inspect import maps
from gpt.inspect.maps import Maps
from gpt.process import every_core

if TYPE_CHECKING:
    from pages.shared.loads import Look

Value = TypeVar("Value")

HEAVY = 1 << 30
"""Tokens times parameters; above it a forward pass takes a core a good part of a second."""
KEPT = 2
"""Large traces in memory: those of two panels."""


def is_large(look: Look) -> bool:
    """Whether only `KEPT` traces like this one stay in memory."""
    config = look.checkpoint.config
    return maps.is_large(config.n_layer, config.n_head, max(len(look.ids), len(look.source)))


def is_heavy(look: Look) -> bool:
    """Whether a forward pass takes a core a good part of a second."""
    return max(len(look.ids), len(look.source)) * look.checkpoint.model.n_parameters > HEAVY


def cores(look: Look) -> AbstractContextManager[None]:
    """Every core for a heavy computation; a small one keeps the core that it has."""
    return every_core() if is_heavy(look) else nullcontext()


def to_save(look: Look, head: tuple[int, int], all_maps: np.ndarray | Maps) -> np.ndarray:
    """(L, H, T, S) as they are saved; of a large trace the maps (T, S) of one head."""
    return all_maps[head] if is_large(look) else all_maps[:]


class Latest(Generic[Value]):
    """A cache of the `count` values that were asked for last.

    It drops an old value before it makes a new one. Streamlit's caches make the new one first, so
    one more than they keep is in memory; that is much if each takes 600 MB. For the same reason
    only one value is made at a time.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._values: dict[Hashable, Value] = {}  # the key that was asked for last is the last
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key, made if it is not kept."""
        with self._lock:
            if key in self._values:
                value = self._values.pop(key)
            else:
                while len(self._values) >= self._count:
                    self._values.pop(next(iter(self._values)))
                value = make()
            self._values[key] = value
            return value
