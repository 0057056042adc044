"""`python -m gpt fetch`: download a text that others published."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from gpt.commands.arguments import as_path
from gpt.errors import FetchError
from gpt.text.fetch import SOURCES, fetch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", choices=list(SOURCES), help="which text")
    parser.add_argument("--out", type=as_path, metavar="FILE", help="a copy of it, here as well")


def run(arguments: argparse.Namespace) -> None:
    """Download the text unless it is in the cache, and print its path."""
    path = fetch(arguments.name)
    if arguments.out is not None:
        path = _copied(path, arguments.out)
    print(path)
    print(f"train on it with: python -m gpt train --text {path}")


def _copied(path: Path, target: Path) -> Path:
    """A copy of what was fetched.

    Raises:
        FetchError: there is something else of that name.
    """
    if target.exists() and (target.is_dir() or target.read_bytes() != path.read_bytes()):
        raise FetchError(f"{target} is there already; choose another name")
    shutil.copyfile(path, target)
    return target
