"""Trace beside `transformers`: all attention weights and logits of a model of GPT-2's size.

The same drawn weights in both libraries, float32. Three passes take turns: the plain one, `trace`
with every weight and every logit, and `transformers` with eager attention, attentions and hidden
states. Memory is measured in a process of its own for each: how far its resident memory rises
above what the loaded model took.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

import gpt
from benchmarks.generation_speed import gpt2_pair
from benchmarks.report import Report, Row, in_own_process, median, parser, progress
from benchmarks.trace_overhead import GPT2
from gpt.nn.model import GPT
from gpt.process import give_back

NAME = "trace_beside_transformers"
LENGTHS = (128, 256, 1024)
TURNS = 3
PLAIN, TRACE, PEER = "plain", "trace", "transformers"
MIB = 2**20


def main() -> None:
    """Measure times in turns, then memory."""
    options = _options()
    torch.set_num_threads(options.threads)
    if options.worker:
        print(json.dumps(_memory(**options.worker)))
        return
    report = Report(NAME, options)
    lengths = options.lengths[:1] if options.quick else options.lengths
    turns = 1 if options.quick else options.turns
    _, ours, theirs, _ = gpt2_pair("eager")
    times = [_times(ours, theirs, T, turns) for T in lengths]
    del ours, theirs
    memories = [_rises(T, options.threads) for T in lengths]
    notes = [
        f"medians of {turns} turns, the ratios too; float32, {options.threads} threads",
        "`trace`: gpt.trace, its weights of all heads and its logits",
        "MiB above the loaded model; `weights`: those of all heads",
        "`what it returns`: of `trace` every stage and the logits; weights, states and logits else",
    ]
    report.finish({"Milliseconds": times, "Memory": memories}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--lengths", type=int, nargs="+", default=list(LENGTHS))
    arguments.add_argument("--turns", type=int, default=TURNS)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--worker", type=json.loads, help=argparse.SUPPRESS)
    return arguments.parse_args()


class Output(NamedTuple):
    """What a pass returns: (T, V) logits, and arrays of everything else that it keeps."""

    logits: np.ndarray
    stages: list[np.ndarray]

    @property
    def mib(self) -> float:
        """Its size; an array that has two names counts once."""
        sizes = {array.__array_interface__["data"][0]: array.nbytes for array in self.stages}
        sizes[self.logits.__array_interface__["data"][0]] = self.logits.nbytes
        return sum(sizes.values()) / MIB


def _ways(ours: GPT, theirs: Any, T: int) -> dict[str, Callable[[], Output]]:
    """The three passes over one text of T tokens."""
    x = torch.randint(GPT2.vocab_size, (1, T), generator=torch.Generator().manual_seed(T))

    @torch.no_grad()
    def plain() -> Output:
        return Output(ours(x)[0].numpy(), [])

    def traced() -> Output:
        trace = gpt.trace(ours, x[0].tolist())
        assert trace.weights.shape == (GPT2.n_layer, GPT2.n_head, T, T)
        stages = [value for value in vars(trace).values() if isinstance(value, np.ndarray)]
        return Output(trace.logits, stages)

    @torch.no_grad()
    def peer() -> Output:
        out = theirs(x, output_attentions=True, output_hidden_states=True, use_cache=False)
        assert len(out.attentions) == GPT2.n_layer
        stages = [value.numpy() for value in (*out.attentions, *out.hidden_states)]
        return Output(out.logits[0].numpy(), stages)

    return {PLAIN: plain, TRACE: traced, PEER: peer}


def _times(ours: GPT, theirs: Any, T: int, turns: int) -> Row:
    """Seconds of each way, in turns, after one pass that warms it up."""
    progress(f"T = {T:,}")
    ways = _ways(ours, theirs, T)
    logits = {name: run().logits for name, run in ways.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn, n in product(range(turns), range(len(ways))):
        name = list(ways)[(turn + n) % len(ways)]
        began = time.perf_counter()
        ways[name]()
        seconds[name].append(time.perf_counter() - began)
    ratio = {
        other: median(a / b for a, b in zip(seconds[TRACE], seconds[other], strict=True))
        for other in (PLAIN, PEER)
    }
    return {
        "T": T,
        **{name: 1000 * median(each) for name, each in seconds.items()},
        "trace / plain": ratio[PLAIN],
        "trace / transformers": ratio[PEER],
        "largest logit difference": float(np.abs(logits[TRACE] - logits[PEER]).max()),
    }


def _rises(T: int, threads: int) -> Row:
    """How far memory rises in each way."""
    progress(f"memory, T = {T:,}")
    weights = 4 * GPT2.n_layer * GPT2.n_head * T * T / MIB
    rises = {
        way: in_own_process(NAME, {"way": way, "T": T}, {"OMP_NUM_THREADS": str(threads)})
        for way in (PLAIN, TRACE, PEER)
    }
    return {
        "T": T,
        "weights": weights,
        **{way: rise["mib"] for way, rise in rises.items()},
        "trace / its weights": rises[TRACE]["mib"] / weights,
        "trace / what it returns": rises[TRACE]["mib"] / rises[TRACE]["returned"],
        "transformers / what it returns": rises[PEER]["mib"] / rises[PEER]["returned"],
    }


def _memory(way: str, T: int) -> dict[str, float]:
    """In the worker: how far resident memory rises in one pass, after a short one."""
    _, ours, theirs, _ = gpt2_pair("eager")
    _ways(ours, theirs, 8)[way]()
    run = _ways(ours, theirs, T)[way]
    gc.collect()
    give_back()  # what loading has freed would hide a rise
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is that of now
    before = _status("VmRSS")
    kept = run()
    assert len(kept.logits) == T
    return {"mib": round((_status("VmHWM") - before) / 1024, 1), "returned": kept.mib}


def _status(name: str) -> int:
    """A number of this process's status, in KiB."""
    match = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert match is not None
    return int(match[1])


if __name__ == "__main__":
    main()
