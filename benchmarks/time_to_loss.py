"""Time to loss: tokens and seconds until a recipe reaches a full-split validation loss.

Training itself (`--text FILE`), it measures the loss over the whole validation split at each
evaluation, every position counted. Reading a finished run (`--run FOLDER`), it knows only the
run's own estimates over random batches, and the one exact loss in evaluation.json if there is one;
each column says which it is. Seconds are of training, evaluations left out.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.report import ROOT, Report, Row, parser, progress
from gpt import process
from gpt.errors import HeadlightError
from gpt.run_files import read_json
from gpt.text import corpus as corpora
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.control import Control, Wish
from gpt.training.creation import create_run
from gpt.training.evaluate import full_loss
from gpt.training.loop import Trainer
from gpt.training.presets import find
from gpt.training.runs import Run
from gpt.training.status import Status
from gpt.training.tasks.next_token_task import NextToken

NAME = "time_to_loss"
ESTIMATE, EXACT = "val_loss_estimate", "val_loss_full_split"
QUICK = {
    "model": {"block_size": 32, "n_layer": 1, "n_head": 2, "n_embd": 16},
    "training": {"steps": 20, "batch_size": 4, "eval_interval": 10, "sample_tokens": 0},
}


def main() -> None:
    """Read a run or train one, then say when it first reached the target."""
    options = _options()
    report = Report(NAME, options)
    if options.text:
        rows, notes = _train(options)
        measured = EXACT
    else:
        rows, notes = _read(options.run)
        measured = ESTIMATE
    reached = first_at(rows, options.target, measured)
    answer = {"target": options.target, "by": measured, "reached": reached is not None}
    answer |= {name: (reached or {}).get(name) for name in ("step", "tokens", "seconds", measured)}
    report.finish({"Evaluations": rows, "First at or below the target": [answer]}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    source = arguments.add_mutually_exclusive_group()
    source.add_argument("--text", nargs="+", metavar="FILE", help="train on this text, and measure")
    source.add_argument(
        "--run",
        type=Path,
        default=ROOT / "checkpoints" / "shakespeare-fast",
        metavar="FOLDER",
        help="report what a run recorded (default: the shipped shakespeare-fast)",
    )
    arguments.add_argument("--preset", default="shakespeare-fast", help="the recipe to train")
    arguments.add_argument("--target", type=float, default=1.48, help="validation loss in nats")
    arguments.add_argument("--to-the-end", action="store_true", help="go on below the target")
    arguments.add_argument("--out", type=Path, help="keep the trained run in this new folder")
    return arguments.parse_args()


def first_at(rows: Sequence[Row], target: float, name: str) -> Row | None:
    """The first row whose loss `name` is at or below the target."""
    return next((row for row in rows if row[name] is not None and row[name] <= target), None)


# -- a run that is there ------------------------------------------------------------------------


def _read(folder: Path) -> tuple[list[Row], list[str]]:
    run = Run(folder)
    config = run.config()
    exact = _evaluation(folder)
    rows: list[Row] = [
        {name: line[name] for name in ("step", "tokens", "seconds")}
        | {ESTIMATE: line["val_loss"]}
        | {EXACT: exact["val_loss"] if exact.get("step") == line["step"] else None}
        for line in run.metrics()
        if line["val_loss"] is not None
    ]
    training, block_size = config["training"], config["model"]["block_size"]
    positions = training["eval_batches"] * training["batch_size"] * block_size
    return rows, [
        f"run {run.name}, {run.status().display_state}: seconds are those it recorded, on the "
        "machine that trained it; the machine in the JSON file only read them",
        f"{ESTIMATE}: over {positions:,} random positions, not the full split",
        _say(exact),
    ]


def _evaluation(folder: Path) -> dict[str, Any]:
    path = folder / "evaluation.json"
    evaluation: dict[str, Any] = read_json(path) if path.is_file() else {}
    return evaluation


def _say(exact: dict[str, Any]) -> str:
    if not exact:
        return "no evaluation.json: the full-split loss is not known (python -m gpt evaluate)"
    return (
        f"{EXACT}: evaluation.json, {exact['val_loss']:.4f} over {exact['positions']:,} positions "
        f"by the {exact['which']} weights, step {exact['step']:,}"
    )


# -- a run of our own -----------------------------------------------------------------------------


def _train(options: argparse.Namespace) -> tuple[list[Row], list[str]]:
    process.keep_buffers()
    with tempfile.TemporaryDirectory() as folder:
        run = _new_run(options.out or Path(folder) / options.preset, options)
        rows = _evaluated(run, None if options.to_the_end else options.target)
    notes = [
        f"preset {options.preset}; {EXACT}: every position of the last tenth, float32",
        f"{ESTIMATE}: the run's own, over random batches, for comparison",
        "wall_seconds: with all evaluations, the full-split ones too",
    ]
    return rows, notes


def _new_run(path: Path, options: argparse.Namespace) -> Run:
    preset, corpus = find(options.preset), corpora.from_files(options.text)
    tokenizer = CharacterTokenizer.of(corpus.text)
    changes = QUICK if options.quick else {"model": {}, "training": {}}
    model = preset.model_config(tokenizer.vocab_size, **changes["model"])
    training = preset.training_config(**changes["training"])
    return create_run(path, model, training, corpus, tokenizer, options.preset)


def _evaluated(run: Run, target: float | None) -> list[Row]:
    """Train; a row for each evaluation, with the exact loss of the weights at that step."""
    rows: list[Row] = []
    control, started = Control(), time.perf_counter()

    def on_line(line: dict[str, Any], status: Status) -> None:
        if line["val_loss"] is None:
            return
        block_size = trainer.model_config.block_size
        exact = full_loss(trainer.model, held_out.to(trainer.device.name), block_size)
        counted = {name: line[name] for name in ("step", "tokens", "seconds")}
        wall = time.perf_counter() - started
        rows.append(counted | {"wall_seconds": wall, ESTIMATE: line["val_loss"], EXACT: exact})
        progress(f"step {line['step']:,}: {line['seconds']:,.0f} s, full split {exact:.4f}")
        if target is not None and exact <= target:
            control.ask(Wish.STOP)

    trainer = Trainer(run, control, on_line)
    assert isinstance(trainer.task, NextToken) and isinstance(trainer.task.held_out, torch.Tensor)
    held_out = trainer.task.held_out
    trainer.train()
    return rows


if __name__ == "__main__":
    try:
        main()
    except HeadlightError as error:
        sys.exit(f"{NAME}: {error}")
