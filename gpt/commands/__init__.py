"""The commands of `python -m gpt`, one module each: `add_to` declares its arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def declare(
    commands: Commands,
    name: str,
    summary: str,
    run: Callable[[argparse.Namespace], int | None],
    epilog: str = "",
) -> argparse.ArgumentParser:
    """Add a command whose help starts with its summary and ends with `epilog`, as it stands."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_switches(parser: argparse.ArgumentParser) -> None:
    """Add the switches that change a forward pass."""
    parser.add_argument(
        "--mask",
        default="model",
        help="model, causal, none, window:W, prefix:P or block:B (default: model)",
    )
    parser.add_argument(
        "--scale",
        default="model",
        help="model, head_size (1/sqrt(D)), n_embd (1/sqrt(C)), none, or a number",
    )
