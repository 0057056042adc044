"""The command line: how long each command takes to start, and how fast `generate` writes.

Starts are set against a process that only imports torch, and so are the first answers of the
shipped classifiers and translators: a new process loads one and answers one sentence. Texts are
written with the threads that `python -m gpt generate` chooses and with as many as there are cores,
alone and beside a process that keeps one core busy.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.report import ROOT, Report, Row, cores, in_own_process, median, parser, progress
from gpt.__main__ import COMMANDS

NAME = "command_line"
RUN = ROOT / "checkpoints" / "shakespeare"
ONLY_TORCH = "a process that only imports torch"
STARTS: dict[str, list[str]] = {
    ONLY_TORCH: ["-c", "import torch"],
    "--help": ["-m", "gpt", "--help"],
    **{name: ["-m", "gpt", name, "--help"] for name in COMMANDS},
}
ANSWER = "import gpt; print(gpt.{}(gpt.load('checkpoints/{}'), {!r}))"
SENTENCES = {
    "reviews": ("classify", "the story is not dull"),
    "sentiment": ("classify", "the story is not dull"),
    "translation": ("translate", "Je suis content."),
    "numbers-fr": ("translate", "1998"),
}
ANSWERS: dict[str, list[str]] = {
    ONLY_TORCH: STARTS[ONLY_TORCH],
    **{run: ["-c", ANSWER.format(call, run, text)] for run, (call, text) in SENTENCES.items()},
}
"""By run, a process that loads it and answers a sentence."""
CHOSEN, ALL = "chosen", "all cores"
TOKENS, TURNS = 300, 5


def main() -> None:
    """Measure starts and texts, each in turns."""
    options = _options()
    if options.worker:
        print(json.dumps(_written(**options.worker)))
        return
    report = Report(NAME, options)
    turns = 1 if options.quick else options.turns
    tables = {
        "Start": _starts(STARTS, turns),
        "First answer": _starts(ANSWERS, turns),
        "Writing, alone": _texts(options, turns),
    }
    with _busy_core():
        tables["Writing, beside a busy process"] = _texts(options, turns)
    notes = [
        f"medians of {turns} turns; `ratio` is that to {ONLY_TORCH}, or of all cores to chosen",
        "CPU s: processor time, which hardly depends on what else the machine does",
        f"seconds to write {_tokens(options)} tokens with the cache, after the model was loaded",
    ]
    report.finish(tables, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument(
        "--run", type=Path, default=RUN, help="run folder of the model that writes"
    )
    arguments.add_argument("--turns", type=int, default=TURNS)
    arguments.add_argument("--worker", type=json.loads, help=argparse.SUPPRESS)
    return arguments.parse_args()


def _tokens(options: argparse.Namespace) -> int:
    return 20 if options.quick else TOKENS


def _starts(processes: dict[str, list[str]], turns: int) -> list[Row]:
    seconds: dict[str, list[float]] = {name: [] for name in processes}
    of_cpu: dict[str, list[float]] = {name: [] for name in processes}
    for turn, (name, arguments) in product(range(turns), processes.items()):
        progress(f"turn {turn + 1} of {turns}: {name}")
        began, used = time.perf_counter(), _cpu_of_children()
        subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True
        )
        seconds[name].append(time.perf_counter() - began)
        of_cpu[name].append(_cpu_of_children() - used)
    torch = median(seconds[ONLY_TORCH])
    return [
        {
            "command": name,
            "seconds": median(each),
            "ratio": median(each) / torch,
            "CPU s": median(of_cpu[name]),
        }
        for name, each in seconds.items()
    ]


def _cpu_of_children() -> float:
    """Seconds of processor time that ended processes of this one have used."""
    times = os.times()
    return times.children_user + times.children_system


def _texts(options: argparse.Namespace, turns: int) -> list[Row]:
    seconds: dict[str, list[float]] = {CHOSEN: [], ALL: []}
    for turn, threads in product(range(turns), seconds):
        progress(f"turn {turn + 1} of {turns}: writing, threads: {threads}")
        task = {"run": str(options.run), "tokens": _tokens(options), "threads": threads}
        seconds[threads].append(in_own_process(NAME, task)["seconds"])
    chosen = median(seconds[CHOSEN])
    return [
        {"threads": threads, "seconds": median(each), "ratio": median(each) / chosen}
        for threads, each in seconds.items()
    ]


def _written(run: str, tokens: int, threads: str) -> dict[str, Any]:
    """In the worker: write a text, after a few tokens that set things up."""
    import torch

    import gpt
    from gpt.process import choose_threads

    model = gpt.load(run).model
    torch.set_num_threads(cores())
    if threads == CHOSEN:
        choose_threads(model.n_parameters)
    list(gpt.generate(model, [0], 5, seed=1))
    began = time.perf_counter()
    list(gpt.generate(model, [0], tokens, seed=1))
    return {"seconds": time.perf_counter() - began}


@contextmanager
def _busy_core() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
