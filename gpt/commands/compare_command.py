"""`python -m gpt compare`: pairs of a run's answers, the better one by a classifier first."""

from __future__ import annotations

import argparse

import gpt
from gpt.checks import check_whole
from gpt.commands.arguments import as_new_file, as_path
from gpt.commands.number_arguments import whole
from gpt.errors import ConfigError
from gpt.text.prompted import Demonstrations
from gpt.training.assistant.estimated_judge import (
    estimated_judge,
    labelled_pairs,
    learned_prompts,
)
from gpt.training.files import write_bytes
from gpt.training.runs import Run

PAIRS = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_folder", type=as_path, metavar="RUN", help="a run that answers")
    parser.add_argument(
        "--by", type=as_path, required=True, metavar="RUN", help="a classifier: it labels answers"
    )
    parser.add_argument("--label", required=True, help="the label that a better answer has")
    parser.add_argument(
        "--pairs", type=whole, default=PAIRS, help=f"how many are tried (default: {PAIRS})"
    )
    parser.add_argument("--seed", type=whole, default=1, help="of the answers (default: 1)")
    parser.add_argument("--out", type=as_new_file, required=True, metavar="FILE", help="JSONL")


def run(arguments: argparse.Namespace) -> None:
    """Let the run answer prompts that it learned from, twice each, and write the pairs."""
    if arguments.out.exists():
        raise ConfigError(f"{arguments.out} is there already; choose another file")
    writer, count = gpt.load(arguments.run_folder), check_whole("--pairs", arguments.pairs, 5)
    judge = estimated_judge(gpt.load(arguments.by), arguments.label)
    data = Run(arguments.run_folder).examples(Demonstrations)
    pairs = labelled_pairs(writer, judge, learned_prompts(data, count), arguments.seed)
    write_bytes(arguments.out, pairs.content())
    print(
        f"{arguments.out}: {len(pairs):,} pairs of answers to prompts of {data.name}, the better "
        f"one first by {arguments.by.name!r}, an estimate; {count - len(pairs):,} left out"
    )
