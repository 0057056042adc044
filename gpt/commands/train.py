"""`python -m gpt train`: train a new run, or go on with one."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from gpt import allocator, numerals
from gpt.commands import Commands, declare, terminal
from gpt.commands.numbers import whole
from gpt.errors import ConfigError, TokenizerError, TrainingError
from gpt.nn.config import GPTConfig
from gpt.text import corpus as corpora
from gpt.text.builtin import BUILTIN
from gpt.text.corpus import Corpus
from gpt.text.documents import KINDS
from gpt.text.splitting import suggested
from gpt.text.tokenizers import choices
from gpt.training import beside
from gpt.training.control import Control, obey_lines, pause_on_signals
from gpt.training.loop import train
from gpt.training.presets import PRESETS, find
from gpt.training.runs import Run, Status
from gpt.training.settings import TrainingConfig

EPILOG = "presets:\n" + "\n".join(
    f"  {name:17} {preset.description}" for name, preset in PRESETS.items()
)
EPILOG += """

Ctrl-C saves and pauses; go on with: python -m gpt train --resume checkpoints/NAME
Any setting can be changed: --set n_layer=3 --set learning_rate=1e-3. The model's are
  """
EPILOG += ", ".join(f.name for f in fields(GPTConfig) if f.name != "vocab_size")
EPILOG += ";\nthe training's\n  " + ", ".join(f.name for f in fields(TrainingConfig)) + "."


def add_to(commands: Commands) -> None:
    """Declare the command and its arguments."""
    summary = "Train a model on a text; write a run folder that the app shows at once."
    parser = declare(commands, "train", summary, run, EPILOG)
    parser.add_argument("--preset", default="tiny", help="a recipe to start from (default: tiny)")
    text = parser.add_mutually_exclusive_group()
    text.add_argument("--text", nargs="+", metavar="FILE", help="UTF-8 text files, one corpus")
    text.add_argument(
        "--builtin", choices=list(BUILTIN), help="generated text (default: the preset's own)"
    )
    parser.add_argument(
        "--length", type=whole, default=500_000, help="characters of generated text"
    )
    parser.add_argument("--text-seed", type=whole, default=1, help="seed of the generated text")
    parser.add_argument(
        "--tokenizer",
        type=_tokenizer,
        default=("characters", None),
        metavar="NAME[:V]",
        help=f"{', '.join(choices.CHOICES)}; V for those that learn theirs (default: characters)",
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
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--out", type=Path, help="the new run's folder (default: checkpoints/PRESET)"
    )
    where.add_argument("--resume", type=Path, metavar="RUN", help="go on with this run folder")
    parser.add_argument("--steps", type=whole, help="optimizer steps in all")
    parser.add_argument("--seed", type=whole, help="of the initial weights, batches and dropout")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting"
    )
    parser.add_argument(
        "--controlled",
        action="store_true",
        help='obey "pause" and "stop" on standard input; its end means pause (the app uses this)',
    )


@terminal.outliving_its_reader()
def run(arguments: argparse.Namespace) -> int:
    """Train; 0 where the run is done or paused, 1 where it failed."""
    allocator.keep_buffers()
    control = Control()
    pause_on_signals(control)
    folder = Run(arguments.resume) if arguments.resume else _create(arguments)
    if arguments.resume and not (folder.path / "config.json").is_file():
        raise TrainingError(f"there is no run to resume in {folder.path}")
    if arguments.controlled:
        beside.give_way(folder)
        obey_lines(control, sys.stdin)
    print(f"run folder: {folder.path}")
    status = train(folder, control, _report)
    print(f"{status.state} at step {status.step:,} of {status.steps:,}: {status.reason}")
    if status.state == "paused":
        print(f"go on with: python -m gpt train --resume {folder.path}")
    return 1 if status.state == "failed" else 0


def _create(arguments: argparse.Namespace) -> Run:
    preset = find(arguments.preset)
    model, training = _changes(arguments)
    corpus = _corpus(arguments, preset.text)
    tokenizer = choices.make(arguments.tokenizer[0], corpus.text, arguments.tokenizer[1])
    if "documents" not in {**preset.training, **training}:
        training["documents"] = suggested(corpus)
    return Run.create(
        arguments.out or Path("checkpoints") / arguments.preset,
        preset.model_config(tokenizer.vocab_size, **model),
        preset.training_config(**training),
        corpus,
        tokenizer,
        arguments.preset,
    )


def _tokenizer(text: str) -> tuple[str, int | None]:
    """The argument's name and size, as argparse wants its errors told."""
    try:
        return choices.parse(text)
    except TokenizerError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _corpus(arguments: argparse.Namespace, default: str) -> Corpus:
    if arguments.text:
        corpus = corpora.from_files(arguments.text)
    else:
        name = arguments.builtin or default
        corpus = corpora.from_builtin(name, arguments.text_seed, arguments.length)
    return corpus.only(arguments.speaker) if arguments.speaker else corpus


def _changes(arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of the model's and of the training's config that the arguments change."""
    kinds = {field.name: ("model", field.type) for field in fields(GPTConfig)}
    kinds |= {field.name: ("training", field.type) for field in fields(TrainingConfig)}
    changes: dict[str, dict[str, Any]] = {"model": {}, "training": {}}
    for pair in arguments.set:
        name, equals, value = pair.partition("=")
        if name not in kinds or not equals or name == "vocab_size":
            raise ConfigError(f"--set {pair}: give NAME=VALUE with the name of a setting")
        part, kind = kinds[name]
        changes[part][name] = _read(name, value, str(kind))
    for name in ("steps", "seed", "documents"):
        if getattr(arguments, name) is not None:
            changes["training"][name] = getattr(arguments, name)
    return changes["model"], changes["training"]


def _read(name: str, value: str, kind: str) -> Any:
    """A value of a setting from its text; `kind` is the name of its type."""
    readers: dict[str, Any] = {
        "int": partial(numerals.whole, low=-numerals.LARGEST),
        "float": numerals.real,
        "bool": lambda text: {"true": True, "false": False}[text.lower()],
    }
    try:
        return readers.get(kind, str)(value)
    except (ValueError, KeyError):
        raise ConfigError(f"{name} is {value!r}; it must be of type {kind}") from None


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


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(75), duration(7300)
    ('1 min 15 s', '2 h 1 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
