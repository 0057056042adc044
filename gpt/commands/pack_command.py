"""`python -m gpt pack`: a small copy of a run, to share."""

from __future__ import annotations

import argparse

from gpt.commands.arguments import as_path
from gpt.training.pack import pack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("checkpoint", type=as_path, help="a run folder")
    parser.add_argument("out", type=as_path, help="the new folder")
    parser.add_argument("--which", choices=("latest", "best"), default="best")


def run(arguments: argparse.Namespace) -> None:
    """Write the copy and say how large it is."""
    pack(arguments.checkpoint, arguments.out, arguments.which)
    size = sum(path.stat().st_size for path in arguments.out.rglob("*") if path.is_file())
    print(f"{arguments.out}: {size / 2**20:.1f} MiB")
