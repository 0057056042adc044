"""OneMemory: the arrays of a trace, cut one after the other from one piece of memory.

Memory that is new to a process comes from the kernel in pages of 4 KiB, which took a fifth of the
time of a trace of 256 tokens. One large piece comes in pages of 2 MiB where the system has them,
and the C library keeps a freed one for the next trace.
"""

from __future__ import annotations

import math

import numpy as np

LINE = 16
"""Numbers in a line of the processor's cache; each array begins with a line."""

ARRAYS = 16
"""Arrays that surely fit, whatever their lengths leave over of their last lines."""


class OneMemory:
    """Cuts float32 arrays from memory for `count` numbers; one that does not fit gets its own."""

    def __init__(self, count: int) -> None:
        memory = np.empty(count + ARRAYS * LINE, np.float32)
        self._free = memory[-(memory.ctypes.data // 4) % LINE :]

    def empty(self, shape: tuple[int, ...]) -> np.ndarray:
        """An array of this shape; its numbers have yet to be written."""
        count = math.prod(shape)
        if count > len(self._free):
            return np.empty(shape, np.float32)
        array = self._free[:count].reshape(shape)
        self._free = self._free[-(-count // LINE) * LINE :]
        return array
