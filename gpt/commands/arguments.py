"""Arguments that several commands have, and what is checked of them."""

from __future__ import annotations

import argparse
import errno
import os
from collections.abc import Iterable
from pathlib import Path

from gpt.errors import ConfigError

NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR)


def as_path(text: str) -> Path:
    """An argument that is a path: one that the system can have, whether anything is there or not.

    Raises:
        ArgumentTypeError: it is empty, too long, not to be entered, or a circle of links.
    """
    try:
        if not text:
            raise ValueError("it is empty")
        os.stat(text)
    except OSError as error:
        if error.errno not in NOTHING_THERE:
            raise argparse.ArgumentTypeError(_refused(text, error.strerror)) from None
    except ValueError as error:  # a character that no name can have, such as NUL
        raise argparse.ArgumentTypeError(_refused(text, str(error))) from None
    return Path(text)


def as_path_or_name(text: str) -> str:
    """The same for what may be a name elsewhere (`owner/model`), and is not turned into a path."""
    as_path(text)
    return text


def _refused(text: str, reason: str | None) -> str:
    name = text if len(text) <= 60 else f"{text[:60]}…"
    return f"{name!r} cannot be a path here: {reason}"


def refuse_beside(arguments: argparse.Namespace, given: str, others: Iterable[str]) -> None:
    """Refuse arguments that one which was given would make void.

    Args:
        given, others: by their names in `arguments`, where None (or False) is not given.

    Raises:
        ConfigError: naming the argument and all that do not go with it.
    """
    present = [flag(name) for name in others if getattr(arguments, name) not in (None, False)]
    if getattr(arguments, given) not in (None, False) and present:
        raise ConfigError(
            f"{flag(given)} does not go with {', '.join(present)}; leave out one or the other"
        )


def flag(name: str) -> str:
    """An argument as it is typed.

    >>> flag("text_seed")
    '--text-seed'
    """
    return f"--{name.replace('_', '-')}"


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
