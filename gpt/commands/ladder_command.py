"""`python -m gpt ladder`: train the lecture's models, and set each against the lecture's loss."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from gpt import process
from gpt.checks import check_whole
from gpt.commands import terminal
from gpt.commands.arguments import as_path, refuse_beside
from gpt.commands.number_arguments import whole
from gpt.durations import duration
from gpt.text import corpus as corpora
from gpt.text.corpus import Corpus
from gpt.training.control import Control, Wish, pause_on_signals
from gpt.training.ladder import climbing
from gpt.training.ladder.results import Result, result
from gpt.training.ladder.rungs import RUNGS, SEED, SMALL, Rung, find
from gpt.training.runs import Run

LENGTH = 500_000  # characters of the built-in text

EPILOG = "rungs:\n" + "\n".join(f"  {rung.name:13} {rung.added}" for rung in RUNGS)
EPILOG += """

All but the last are trained unless others are named, two at a time with one thread each. The runs
are ordinary ones, which the app shows too; what is trained already is not trained again. Ctrl-C
saves and pauses, and the same command goes on."""
HEAD = (
    f"{'rung':34} {'parameters':>10} {'seconds':>8} {'before':>7} {'training':>8} "
    f"{'validation':>10} {'lecture':>9} {'difference':>10}"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("--rung", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--all", action="store_true", help="the last one too, which is for a GPU")
    parser.add_argument(
        "--text",
        type=as_path,
        nargs="+",
        metavar="FILE",
        help="UTF-8 text files, one corpus (default: the built-in plays, with other losses)",
    )
    parser.add_argument(
        "--seed", type=whole, default=SEED, help=f"the same for all (default: {SEED})"
    )
    parser.add_argument("--steps", type=whole, help="other than the rungs' own, to try it out")
    parser.add_argument("--together", type=whole, default=2, help="how many at a time (default: 2)")
    parser.add_argument(
        "--out",
        type=as_path,
        default=Path("checkpoints"),
        help="the folder that the runs' folders go to (default: checkpoints)",
    )


@terminal.outliving_its_reader()
def run(arguments: argparse.Namespace) -> int:
    """Train the rungs that are not done, and print the table; 0 if every run is done."""
    refuse_beside(arguments, "all", ("rung",))
    check_whole("--together", arguments.together, 1)
    started, threads = time.perf_counter(), torch.get_num_threads()
    process.keep_buffers()
    torch.set_num_threads(1)
    control = Control()
    pause_on_signals(control)
    rungs, corpus = _rungs(arguments), _corpus(arguments)
    runs = climbing.prepare_all(arguments.out, rungs, corpus, arguments.seed)
    _train(rungs, runs, arguments.together, control, threads)
    print(f"{duration(time.perf_counter() - started)} in all\n")
    results = [result(each) for each in runs]
    print_table(rungs, results)
    return 0 if all(results) else 1


def _rungs(arguments: argparse.Namespace) -> list[Rung]:
    """The rungs that are asked for, in the ladder's order."""
    named = [find(name) for name in arguments.rung or ()]
    chosen = [rung for rung in RUNGS if arguments.all or rung in (named or SMALL)]
    return [r if arguments.steps is None else r.shortened(arguments.steps) for r in chosen]


def _corpus(arguments: argparse.Namespace) -> Corpus:
    if arguments.text:
        return corpora.from_files(arguments.text)
    return corpora.from_builtin("plays", length=LENGTH)


def _train(
    rungs: list[Rung], runs: list[Run], together: int, control: Control, threads: int
) -> None:
    """Train the small rungs together, the largest first, then the last alone on all threads."""
    pairs = [pair for pair in zip(rungs, runs, strict=True) if result(pair[1]) is None]
    small = [run for rung, run in reversed(pairs) if rung.name != RUNGS[-1].name]
    climbing.train_together(small, min(together, len(small)), control, _report)
    torch.set_num_threads(threads)
    for rung, run in pairs:
        if rung.name == RUNGS[-1].name and control.wish() is Wish.GO_ON:
            climbing.train_alone(run, control)
            _report(run)


def _report(run: Run) -> None:
    status = run.status()
    print(f"{run.path}: {status.state} at step {status.step:,}  {status.reason}", flush=True)


def print_table(rungs: list[Rung], results: list[Result | None]) -> None:
    """Print the losses in nats; a rung that is not done has its name alone."""
    first = next(filter(None, results), None)
    if first is not None:
        print(_explanation(first))
    print(HEAD)
    for rung, each in zip(rungs, results, strict=True):
        print(f"{rung.title:34} {'not done' if each is None else _numbers(rung, each)}")


def _explanation(first: Result) -> str:
    return (
        f"before: validation loss before training, against ln V = {first.uniform_loss:.4f}; it and "
        "training are means over random batches,\n"
        f"validation is over the whole split, {first.positions:,} predictions. Losses in nats. The "
        "lecture's are of Tiny Shakespeare."
    )


def _numbers(rung: Rung, own: Result) -> str:
    lecture = rung.lecture_loss
    difference = "" if lecture is None else f"{own.val_loss - lecture:+.4f}"
    return (
        f"{own.parameters:10,} {own.seconds:8.1f} {own.first_loss:7.4f} {own.train_loss:8.4f} "
        f"{own.val_loss:10.4f} {rung.lecture_says:>9} {difference:>10}"
    )
