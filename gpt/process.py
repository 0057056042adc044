"""Process: how a process of ours uses memory, cores and the garbage collector.

A process that trains keeps its buffers and its cores. One that serves people gives both back, and
its threads sleep while they wait. Importing this module imports nothing large, so that a launcher
can choose before torch is there; torch reads some of these choices only once.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from gpt.importing import alone

SLEEPING = {"OMP_WAIT_POLICY": "passive"}
"""For the environment: threads sleep while they wait for each other, and do not spin."""
SMALL = 1 << 30
"""Parameters times tokens up to which a pass takes one thread."""


@contextmanager
def sleeping_threads() -> Iterator[None]:
    """Import torch here, so that its threads sleep while they wait for each other.

    They wait many times in each forward pass. If a browser, a training or another person has the
    core that one of them needs, threads that spin make the pass take several times as long. torch
    reads the variable once; a process that is started later does not inherit it.
    """
    (name,) = SLEEPING
    if name in os.environ:  # the person who starts the server knows better
        yield
        return
    os.environ |= SLEEPING
    try:
        yield
    finally:
        del os.environ[name]


@contextmanager
def every_core() -> Iterator[None]:
    """Run one large computation on all cores; its memory is given back afterwards."""
    use_threads(os.cpu_count() or 1)
    try:
        yield
    finally:
        use_threads(1)
        give_back()


def use_threads(count: int) -> None:
    """Let torch, and numpy's matrices, use this many threads.

    One is best beside a training or a browser: a second one spins against them, and an SVD that
    takes 3 ms took 200.
    """
    import torch

    torch.set_num_threads(count)
    _pools().limit(limits=count, user_api="blas")


def choose_threads(work: int) -> None:
    """Take one thread for a small pass, where a second one costs more than it saves: ADR 19.

    Args:
        work: parameters of the model, times the tokens that one pass reads: those of a training
            step, or the single token of a step of generation.
    """
    if work <= SMALL:
        use_threads(1)


@cache
@alone()
def _pools() -> Any:
    """The thread pools of the libraries that are loaded, numpy's among them."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def freeze() -> None:
    """Keep everything that is alive now out of the garbage collector's way.

    Streamlit collects garbage after every rerun. Looking through torch's modules alone takes 120 ms
    each time, and through a page's about 30; frozen objects are not looked at again.
    """
    gc.collect()  # first, so that nothing is kept that nobody needs
    gc.freeze()


def keep_buffers() -> None:
    """Keep freed buffers: glibc returns large ones to the kernel at every training step.

    Without glibc nothing is done.
    """
    if libc := _glibc():
        trim_threshold, top_pad, mmap_max = -1, -2, -4
        libc.mallopt(mmap_max, 0)
        libc.mallopt(trim_threshold, 1 << 30)
        libc.mallopt(top_pad, 1 << 28)


def give_back() -> None:
    """Return free memory to the kernel: a large pass leaves hundreds of megabytes in pieces."""
    if libc := _glibc():
        libc.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL("libc.so.6") if sys.platform.startswith("linux") else None
    except OSError:  # a Linux with another C library
        return None
