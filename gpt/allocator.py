"""What glibc does with freed memory: kept by a process that trains, given back by one that serves.

Where there is no glibc, nothing is done.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache


def keep_buffers() -> None:
    """Keep freed buffers: glibc gives large ones back to the kernel at every training step."""
    if libc := _glibc():
        trim_threshold, top_pad, mmap_max = -1, -2, -4
        libc.mallopt(mmap_max, 0)
        libc.mallopt(trim_threshold, 1 << 30)
        libc.mallopt(top_pad, 1 << 28)


def give_back() -> None:
    """Give what is free to the kernel: after a large pass, hundreds of megabytes lie in pieces."""
    if libc := _glibc():
        libc.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL("libc.so.6") if sys.platform.startswith("linux") else None
    except OSError:  # a Linux with another C library
        return None
