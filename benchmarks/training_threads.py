"""Training threads: steps a second of small models, by threads and how these wait for each other.

Each variant trains in a process of its own, alone and beside a process that keeps one core busy for
most of the time, as a server and a browser do. For docs/adr/0019.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.report import Report, Row, in_own_process, median, parser, progress

NAME = "training_threads"
BUSY = 0.7
"""Of one core, by the process beside."""
BURN = f"""
import time
while True:
    began = time.perf_counter()
    while time.perf_counter() - began < 0.03 * {BUSY}:
        pass
    time.sleep(0.03 * {1 - BUSY})
"""
# n_layer, n_embd, block_size, batch_size: from the ladder's to one that is worth two cores.
SIZES = ((3, 32, 8, 32), (2, 64, 64, 16), (4, 128, 64, 12), (6, 192, 128, 16))
WAYS = {
    "one": {"OMP_NUM_THREADS": "1"},
    "two that sleep": {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive"},
    "two that spin": {"OMP_NUM_THREADS": "2"},
}
TURNS, SECONDS = 3, 3.0


def main() -> None:
    """Measure every size in every way, alone and beside the busy process, in turns."""
    options = _options()
    if options.worker:
        print(json.dumps(_measure(**options.worker)))
        return
    report = Report(NAME, options)
    tables = {"Alone": _rows(options, busy=False)}
    with _beside():
        tables["Beside a busy process"] = _rows(options, busy=True)
    notes = [
        "steps a second, medians of the turns' medians; float32, training steps alone",
        "millions: parameters times tokens of a step",
        f"the busy process takes {BUSY:.0%} of one core",
    ]
    report.finish(tables, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--worker", type=json.loads, help=argparse.SUPPRESS)
    arguments.add_argument("--seconds", type=float, default=SECONDS, help="of steps, a turn")
    return arguments.parse_args()


@contextmanager
def _beside() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", BURN])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _rows(options: argparse.Namespace, busy: bool) -> list[Row]:
    turns, seconds = (1, 0.5) if options.quick else (TURNS, options.seconds)
    times: dict[Any, list[dict[str, Any]]] = {}
    for turn, size, way in product(range(turns), SIZES, WAYS):
        progress(f"turn {turn + 1} of {turns}: {size}, {way}{', busy' if busy else ''}")
        task = {"size": size, "seconds": seconds}
        times.setdefault((size, way), []).append(in_own_process(NAME, task, WAYS[way]))
    return [_row(size, times) for size in SIZES]


def _row(size: tuple[int, ...], times: dict[Any, list[dict[str, Any]]]) -> Row:
    speeds = {way: median(turn["steps_a_second"] for turn in times[size, way]) for way in WAYS}
    return {"millions": round(times[size, "one"][0]["work"] / 1e6), **speeds}


def _measure(size: list[int], seconds: float) -> dict[str, Any]:
    """In the worker: train for some seconds, after a few steps that set things up."""
    from gpt import process
    from gpt.nn.config import GPTConfig
    from gpt.text.corpus import from_builtin
    from gpt.text.tokenizer import CharacterTokenizer
    from gpt.training.beside import work
    from gpt.training.control import Control, Wish
    from gpt.training.creation import create_run
    from gpt.training.loop import train
    from gpt.training.settings import TrainingConfig

    process.keep_buffers()
    layers, width, block, batch = size
    corpus = from_builtin("names", length=30_000)
    tokenizer = CharacterTokenizer.of(corpus.text)
    config = GPTConfig(
        n_layer=layers, n_head=4, n_embd=width, block_size=block, vocab_size=tokenizer.vocab_size
    )
    settings = TrainingConfig(
        steps=100_000, batch_size=batch, eval_interval=100_000, log_interval=1, dtype="float32"
    )
    control, speeds, began = Control(), [], [0.0]

    def note(line: dict[str, Any], status: object) -> None:
        if line["tok_per_s"]:
            began[0] = began[0] or time.perf_counter()
            speeds.append(line["tok_per_s"] / (batch * block))
            if time.perf_counter() - began[0] > seconds:
                control.ask(Wish.STOP)

    with tempfile.TemporaryDirectory() as folder:
        run = create_run(Path(folder) / "run", config, settings, corpus, tokenizer)
        train(run, control, note)
        steady = speeds[min(3, len(speeds) // 2) :]
        return {"work": work(run), "steps_a_second": statistics.median(steady)}


if __name__ == "__main__":
    main()
