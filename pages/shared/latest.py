"""Latest: a cache of a few large values, which lets an old one go before it makes a new one.

Streamlit's caches make the new value first, so that one more than they keep is in memory; of values
of 600 MB that is much. Only one is made at a time, for the same reason.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Latest(Generic[Value]):
    """The values of the `count` keys that were asked for last."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: dict[Hashable, Value] = {}  # the key that was asked for last is the last
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key, made where it is not kept."""
        with self._lock:
            if key in self._kept:
                value = self._kept.pop(key)
            else:
                while len(self._kept) >= self._count:
                    self._kept.pop(next(iter(self._kept)))
                value = make()
            self._kept[key] = value
            return value
