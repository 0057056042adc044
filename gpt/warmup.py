"""warm_up: what a process that serves people does once, before the first of them comes."""

from __future__ import annotations

import gc
from pathlib import Path

import torch

from gpt.checkpoint import load
from gpt.inspect.trace import trace


def warm_up(run: Path | None) -> None:
    """Import what every page needs, trace once, and keep it all out of the collector's way.

    Streamlit collects garbage after every rerun; with torch's modules in the graph that alone
    takes 120 ms, and frozen objects are not looked at again. One thread for torch: a second one
    would spin against a training process.

    Args:
        run: a run folder to trace, so that the first visit finds torch's kernels loaded.
    """
    torch.set_num_threads(1)
    if run is not None:
        trace(load(run).model, [0])
    gc.collect()
    gc.freeze()
