"""warm_up: what a process that serves people does once, before the first of them comes."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import torch
from threadpoolctl import ThreadpoolController

from gpt.allocator import give_back
from gpt.checkpoint import load
from gpt.inspect.trace import trace


@contextmanager
def every_core() -> Iterator[None]:
    """One large computation with all cores, and its memory given back afterwards.

    See `warm_up` for why not all computations.
    """
    _use_threads(os.cpu_count() or 1)
    try:
        yield
    finally:
        _use_threads(1)
        give_back()


def warm_up(run: Path | None) -> None:
    """Import what every page needs, trace once, and keep it all out of the collector's way.

    Streamlit collects garbage after every rerun; with torch's modules in the graph that alone
    takes 120 ms, and frozen objects are not looked at again. One thread for torch and for numpy's
    matrices: a second one would spin against a training process or the browser, for which an SVD
    of 3 ms took 200.

    Args:
        run: a run folder to trace, so that the first visit finds torch's kernels loaded.
    """
    _use_threads(1)
    if run is not None:
        trace(load(run).model, [0])
    gc.collect()
    gc.freeze()


def _use_threads(count: int) -> None:
    torch.set_num_threads(count)
    _pools().limit(limits=count, user_api="blas")


@cache
def _pools() -> ThreadpoolController:
    """The thread pools of the libraries that are loaded, numpy's among them."""
    return ThreadpoolController()
