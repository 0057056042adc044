"""`python -m gpt experiment`: train models that differ in one thing, and set them side by side."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from gpt import process
from gpt.commands import terminal
from gpt.commands.arguments import as_path
from gpt.commands.number_arguments import whole
from gpt.durations import duration
from gpt.errors import TrainingError
from gpt.training.control import Control, pause_on_signals
from gpt.training.loop import train
from gpt.training.pairs.building_pairs import EXPERIMENTS, find
from gpt.training.pairs.experiments import Experiment, prepare
from gpt.training.pairs.findings import Finding, finding
from gpt.training.runs import Run

EPILOG = "experiments:\n" + "\n".join(
    f"  {experiment.name:20} {experiment.question}" for experiment in EXPERIMENTS.values()
)
EPILOG += """

The runs are ordinary ones, which the app shows too. What is trained already is not trained again;
Ctrl-C saves and pauses, and the same command goes on."""
COLUMNS = (
    f"{'':20} {'before':>7} {'train':>7} {'val':>7} {'unseen':>7} {'entropy':>16} {'seconds':>8}"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("name", help="one of those below")
    parser.add_argument("--seed", type=whole, help="of weights and batches, the same for all")
    parser.add_argument("--steps", type=whole, help="other than the experiment's own")
    parser.add_argument(
        "--out",
        type=as_path,
        default=Path("checkpoints"),
        help="the folder that the runs' folders go to (default: checkpoints)",
    )


@terminal.outliving_its_reader()
def run(arguments: argparse.Namespace) -> int:
    """Train the runs that are not done, and print the table; 0 if every run is done."""
    experiment = find(arguments.name)
    if arguments.steps is not None:
        experiment = experiment.shortened(arguments.steps)
    seed = experiment.seed if arguments.seed is None else arguments.seed
    process.keep_buffers()
    control = Control()
    pause_on_signals(control)
    runs = prepare(arguments.out, experiment, seed)
    print(experiment.question)
    started = time.perf_counter()
    if not all(_train(each, control) for each in runs):
        return 1
    print(f"{len(runs)} models, seed {seed}: {duration(time.perf_counter() - started)}\n")
    _print_table(experiment, runs)
    return 0


def _train(run: Run, control: Control) -> bool:
    """Train a run if it is not done; return whether it is done now."""
    status = run.status()
    if status.state != "done":
        print(f"run folder: {run.path}", flush=True)
        status = train(run, control)
    if status.state != "done":
        print(f"{run.name} {status.state} at step {status.step:,}: {status.reason}")
    return status.state == "done"


def _print_table(experiment: Experiment, runs: list[Run]) -> None:
    """Losses and entropies in nats; entropies are means over heads, first → last.

    `before` is the validation loss before training; a bigram has no heads, and an entropy of nan.
    """
    print(COLUMNS)
    for arm, run in zip(experiment.arms, runs, strict=True):
        result = finding(run)
        if result is None:
            raise TrainingError(
                f"the run {run.name!r} was never evaluated; delete it, and try again"
            )
        print(f"{arm.label:20} {_numbers(result)}")


def _numbers(result: Finding) -> str:
    before, after = result.entropies.mean[0], result.entropies.mean[-1]
    return (
        f"{result.first_loss:7.4f} {result.train_loss:7.4f} {result.val_loss:7.4f} "
        f"{result.unseen_loss:7.4f} {before:7.4f} → {after:6.4f} {result.seconds:8.1f}"
    )
