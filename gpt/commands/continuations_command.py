"""`python -m gpt continuations`: texts, cut into prompts and answers, for `--task sft`."""

from __future__ import annotations

import argparse

from gpt.commands.arguments import as_new_file, as_path
from gpt.commands.number_arguments import whole
from gpt.errors import ConfigError
from gpt.text import labelled
from gpt.text.continuations import continuations
from gpt.text.corpus import from_files
from gpt.training.files import write_bytes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    texts = parser.add_mutually_exclusive_group(required=True)
    texts.add_argument("--builtin", choices=["reviews"], help="invented reviews")
    texts.add_argument("--text", type=as_path, nargs="+", metavar="FILE", help="a text a line")
    parser.add_argument(
        "--longest", type=whole, default=60, help="characters of a text (default: 60)"
    )
    parser.add_argument("--out", type=as_new_file, required=True, metavar="FILE", help="JSONL")


def run(arguments: argparse.Namespace) -> None:
    """Write a prompt and its answer a line, and say how many there are."""
    if arguments.out.exists():
        raise ConfigError(f"{arguments.out} is there already; choose another file")
    if arguments.builtin:
        name, texts = arguments.builtin, labelled.from_builtin(arguments.builtin).texts
    else:
        corpus = from_files(arguments.text)
        name, texts = corpus.name, tuple(corpus.text.split("\n"))
    data = continuations(name, texts, arguments.longest)
    write_bytes(arguments.out, data.content())
    print(
        f"{arguments.out}: {len(data):,} texts, cut in two; {data.prompts[0]} | {data.answers[0]}"
    )
