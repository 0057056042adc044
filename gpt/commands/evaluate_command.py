"""`python -m gpt evaluate`: the exact loss of a run over its whole validation split."""

from __future__ import annotations

import argparse

import gpt
from gpt.commands.arguments import as_path
from gpt.text import corpus as corpora
from gpt.training.evaluate import validation_loss
from gpt.training.ladder.results import keep
from gpt.training.runs import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("checkpoint", type=as_path, help="a run folder")
    parser.add_argument(
        "--text", type=as_path, nargs="+", metavar="FILE", help="other text than the run's own"
    )
    parser.add_argument("--which", choices=("latest", "best"), default="latest")
    parser.add_argument(
        "--save", action="store_true", help="keep it in the folder's evaluation.json"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the loss, and save it if asked to."""
    checkpoint = gpt.load(arguments.checkpoint, arguments.which)
    folder = Run(arguments.checkpoint)
    corpus = corpora.from_files(arguments.text) if arguments.text else folder.corpus()
    loss, positions = validation_loss(checkpoint, corpus)
    if arguments.save:
        sha256 = corpus.describe()["sha256"]
        keep(folder, loss, positions, arguments.which, checkpoint, sha256)
    print(f"validation loss {loss:.4f} nats over {positions:,} positions ({arguments.which})")
