"""`python -m gpt fetch`: download a text that others published."""

from __future__ import annotations

import argparse

from gpt.commands import Commands, declare
from gpt.text.fetch import SOURCES, fetch


def add_to(commands: Commands) -> None:
    """Declare the command and its arguments."""
    summary = "Download a text, check it against its sha256 and keep it in the cache."
    parser = declare(commands, "fetch", summary, run)
    parser.add_argument("name", choices=list(SOURCES), help="which text")


def run(arguments: argparse.Namespace) -> None:
    """Download, unless it is there, and print where it is."""
    path = fetch(arguments.name)
    print(path)
    print(f"train on it with: python -m gpt train --text {path}")
