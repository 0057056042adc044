"""`python -m gpt train`: train a new run, or go on with one."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from gpt import process
from gpt.commands import assistant_run, new_run, terminal
from gpt.commands.arguments import as_path, refuse_beside
from gpt.commands.new_data import EXAMPLES, LENGTH
from gpt.commands.number_arguments import whole
from gpt.commands.setting_arguments import FROM_THE_DATA
from gpt.durations import duration
from gpt.errors import TokenizerError, TrainingError
from gpt.nn.config import GPTConfig
from gpt.setting_ranges import CHOICES
from gpt.text.builtin import BUILTIN
from gpt.text.builtin.assistant_tasks import ASSISTANT_TASKS
from gpt.text.builtin.generated import BUILTIN_EXAMPLES
from gpt.text.documents import KINDS
from gpt.text.tokenizers import choices
from gpt.training import beside, ranks
from gpt.training.control import Control, Wish, obey_lines, pause_on_signals
from gpt.training.lengthening import lengthen
from gpt.training.lock import WAITING, is_held
from gpt.training.loop import train
from gpt.training.presets import PRESETS
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.status import Status

OF_A_NEW_RUN = tuple(
    "preset task from reward teachers text pairs builtin length examples text_seed columns swap "
    "tokenizer source_tokenizer documents speaker probe seed set".split()
)

EPILOG = "presets:\n" + "\n".join(
    f"  {name:17} {preset.description}" for name, preset in PRESETS.items()
)
EPILOG += """

Ctrl-C saves and pauses; go on with: python -m gpt train --resume checkpoints/NAME
and for longer than planned, with --steps. A terminal that closes pauses too; under nohup, or
where only the reader of its output leaves, a run goes on.
Any setting can be changed: --set n_layer=3 --set learning_rate=1e-3. The model's are
  """
EPILOG += ", ".join(f.name for f in fields(GPTConfig) if f.name not in FROM_THE_DATA)
EPILOG += ";\nthe training's\n  "
EPILOG += ", ".join(f.name for f in fields(TrainingConfig) if f.name not in FROM_THE_DATA) + "."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("--preset", help="a recipe to start from (default: that of the task)")
    parser.add_argument(
        "--task",
        choices=CHOICES["task"],
        help="what to learn: the next token (default), hidden words, the label of a text, a "
        "translation; or a stage of an assistant: answers, the reward of an answer, preferences",
    )
    parser.add_argument(
        "--from",
        type=as_path,
        metavar="RUN",
        help="to classify: begin with the body of this run, a decoder or an encoder; for an "
        "assistant: with this decoder",
    )
    parser.add_argument(
        "--reward", type=as_path, metavar="RUN", help="for PPO: follow this reward model"
    )
    parser.add_argument(
        "--teachers",
        type=as_path,
        nargs="+",
        metavar="RUN",
        help="learn from what these runs of the same text expect (distillation); "
        "--set teacher_share=0.5 mixes it with the token that came",
    )
    _add_text(parser)
    _add_reading(parser)
    _add_folder(parser)
    parser.add_argument(
        "--steps", type=whole, help="optimizer steps in all; with --resume, more than were planned"
    )
    parser.add_argument("--seed", type=whole, help="of the initial weights, batches and dropout")
    parser.add_argument(
        "--set",
        action="extend",
        nargs="+",
        metavar="NAME=VALUE",
        help="change a setting, or several",
    )
    parser.add_argument(
        "--controlled",
        action="store_true",
        help='obey "pause" and "stop" on standard input; its end means pause (the app uses this)',
    )


def _add_text(parser: argparse.ArgumentParser) -> None:
    """Which text a new run learns from."""
    text = parser.add_mutually_exclusive_group()
    text.add_argument(
        "--text",
        type=as_path,
        nargs="+",
        metavar="FILE",
        help="UTF-8 text files, one corpus; to classify, a file for each label with a text a line, "
        "or a table (.tsv, .csv, .jsonl); for an assistant, JSONL of prompts with answers",
    )
    text.add_argument(
        "--pairs",
        type=as_path,
        nargs="+",
        metavar="FILE",
        help="to translate: a table of sources and targets, or two files whose lines belong "
        "together",
    )
    text.add_argument(
        "--builtin",
        choices=list({**BUILTIN, **BUILTIN_EXAMPLES, **ASSISTANT_TASKS}),
        help="generated text or examples (default: the preset's own)",
    )
    parser.add_argument(
        "--length", type=whole, help=f"characters of generated text (default: {LENGTH:,})"
    )
    parser.add_argument(
        "--examples",
        type=whole,
        help=f"number of generated examples (default: {EXAMPLES:,}; of instructions for "
        f"task = sft {ASSISTANT_TASKS['instructions'].demonstrations:,})",
    )
    parser.add_argument("--text-seed", type=whole, help="seed of what is generated (default: 1)")
    parser.add_argument(
        "--columns",
        nargs=2,
        metavar=("FIRST", "SECOND"),
        help="columns of a table by name, or by number from 1: text and label, or source and "
        "target (default: guessed from the names)",
    )
    parser.add_argument("--swap", action="store_true", help="translate the other way round")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """How a new run reads its text."""
    parser.add_argument(
        "--tokenizer",
        type=_tokenizer,
        metavar="NAME[:V]",
        help=f"{', '.join(choices.CHOICES)}; V for those that learn theirs (default: the preset's, "
        "or characters)",
    )
    parser.add_argument(
        "--source-tokenizer",
        type=_tokenizer,
        metavar="NAME[:V]",
        help="of a translation's sources, for a vocabulary of their own (default: they share one)",
    )
    parser.add_argument(
        "--documents",
        choices=list(KINDS),
        help="where blocks of text stop: nowhere, at line ends, at file ends (default: the "
        "preset's own; else names by lines, several files by files, one text as a stream)",
    )
    parser.add_argument(
        "--speaker",
        action="append",
        metavar="NAME",
        help="only what this speaker said; may be given again for another",
    )
    parser.add_argument(
        "--probe",
        metavar="TEXT",
        help="the prompt on which each evaluation keeps the attention of every head; pages open on "
        "it (default: text that is held out)",
    )


def _add_folder(parser: argparse.ArgumentParser) -> None:
    """Where the run is."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--out", type=as_path, help="the new run's folder (default: checkpoints/PRESET)"
    )
    where.add_argument("--resume", type=as_path, metavar="RUN", help="go on with this run folder")


@terminal.outliving_its_reader()
def run(arguments: argparse.Namespace) -> int:
    """Train; 0 if the run is done or paused, 1 if it failed."""
    process.keep_buffers()
    control = Control()
    pause_on_signals(control)
    with ranks.start() as own:
        return _train(arguments, control, own)


def _train(arguments: argparse.Namespace, control: Control, own: ranks.Alone) -> int:
    """The same among the processes that torchrun has started; only the first one writes."""

    def create() -> Path:
        run = _resumed(arguments) if arguments.resume else _new(arguments, control)
        return run.path

    folder = Run(own.folder(create))
    say = print if own.is_writer else _say_nothing
    if arguments.controlled:
        beside.give_way(folder)
        obey_lines(control, sys.stdin)
    say(f"run folder: {folder.path}")
    status = train(folder, control, _report, own)
    say(f"{status.state} at step {status.step:,} of {status.steps:,}: {status.reason}")
    if status.state == "paused":
        say(f"go on with: python -m gpt train --resume {folder.path}")
    return 1 if status.state == "failed" else 0


def _say_nothing(text: str) -> None:
    """Leave it to the process that writes the run's folder."""


def _new(arguments: argparse.Namespace, control: Control) -> Run:
    if assistant_run.is_stage(arguments):
        return assistant_run.create(arguments)
    return new_run.create(arguments, _ReadingWatch(control))


class _ReadingWatch:
    """Says how much of a large text is read, and ends the reading when a person asks to stop."""

    def __init__(self, control: Control) -> None:
        self._control, self._tenths = control, 0

    def __call__(self, share: float) -> None:
        if self._control.wish() is not Wish.GO_ON:
            raise KeyboardInterrupt
        if int(10 * share) != self._tenths:
            self._tenths = int(10 * share)
            print(f"reading the text: {share:.0%}", flush=True)


def _resumed(arguments: argparse.Namespace) -> Run:
    """The run to go on with, lengthened if more steps are asked for.

    Raises:
        ConfigError: an argument is for a new run only.
        TrainingError: there is no run, or it cannot be lengthened.
    """
    refuse_beside(arguments, "resume", OF_A_NEW_RUN)
    run = Run(arguments.resume)
    if not (run.path / "config.json").is_file():
        raise TrainingError(f"there is no run to resume in {run.path}")
    if not arguments.controlled and is_held(run.path, WAITING):
        raise TrainingError(
            f"the run {run.name!r} waits in the line of the app; take it out there, with Pause"
        )
    if arguments.steps is not None:
        print(lengthen(run, arguments.steps))
    return run


def _tokenizer(text: str) -> tuple[str, int | None]:
    """The argument's name and size, its errors as argparse takes them."""
    try:
        return choices.parse(text)
    except TokenizerError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _report(line: dict[str, Any], status: Status) -> None:
    """One line of progress, with the time left."""
    share = status.step / max(1, status.steps)
    parts = [f"step {line['step']:>6,}/{status.steps:,} {share:4.0%}"]
    if line["loss"] is not None:
        parts.append(f"loss {line['loss']:.4f}")
    if line["val_loss"] is not None:
        parts.append(f"train {line['train_loss']:.4f}  val {line['val_loss']:.4f}")
    if line["tok_per_s"] is not None:
        parts.append(f"{line['tok_per_s']:,.0f} tokens/s")
    if status.seconds_left is not None:
        parts.append(f"{duration(status.seconds_left)} left")
    print("  ".join(parts), flush=True)
