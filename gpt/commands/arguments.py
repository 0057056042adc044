"""Arguments that several commands have, and what is checked of them."""

from __future__ import annotations

import argparse
import errno
import os
from collections.abc import Iterable
from pathlib import Path

import gpt
from gpt.errors import ConfigError

MISSING = (errno.ENOENT, errno.ENOTDIR)


def as_path(text: str) -> Path:
    """A path as an argument: one that the system can have, whether it exists or not.

    Raises:
        ArgumentTypeError: it is empty, too long, without permission, or a circle of links.
    """
    try:
        if not text:
            raise ValueError("it is empty")
        os.stat(text)
    except OSError as error:
        if error.errno not in MISSING:
            raise argparse.ArgumentTypeError(_refused(text, error.strerror)) from None
    except ValueError as error:  # a character that no name can have, such as NUL
        raise argparse.ArgumentTypeError(_refused(text, str(error))) from None
    return Path(text)


def as_new_file(text: str) -> Path:
    """The path of a file to write, as an argument.

    Raises:
        ArgumentTypeError: as `as_path`; or a folder is there.
    """
    path = as_path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a folder; name a file in it")
    return path


def as_path_or_name(text: str) -> str:
    """Check a path that may also be a name elsewhere (`owner/model`), so it stays a text."""
    as_path(text)
    return text


def _refused(text: str, reason: str | None) -> str:
    name = text if len(text) <= 60 else f"{text[:60]}…"
    return f"{name!r} cannot be a path here: {reason}"


def refuse_beside(arguments: argparse.Namespace, name: str, others: Iterable[str]) -> None:
    """Refuse arguments that have no effect beside another one.

    Args:
        name, others: their names in `arguments`; None or False means that it was left out.

    Raises:
        ConfigError: the message names the argument and all that do not go with it.
    """
    present = [flag(other) for other in others if getattr(arguments, other) not in (None, False)]
    if getattr(arguments, name) not in (None, False) and present:
        raise ConfigError(
            f"{flag(name)} does not go with {', '.join(present)}; leave out one or the other"
        )


def refuse_without(arguments: argparse.Namespace, name: str, need: str) -> None:
    """Refuse an argument that has an effect beside another one only.

    Raises:
        ConfigError: the message names both.
    """
    if getattr(arguments, name) is not None and not getattr(arguments, need):
        raise ConfigError(f"{flag(name)} needs {flag(need)}; leave it out, or name that too")


def flag(name: str) -> str:
    """The name of an argument as a person types it.

    >>> flag("text_seed")
    '--text-seed'
    """
    return f"--{name.replace('_', '-')}"


def add_switches(parser: argparse.ArgumentParser) -> None:
    """Add the switches that change a forward pass."""
    parser.add_argument(
        "--mask",
        help="model, causal, none, window:W, prefix:P or block:B (default: model)",
    )
    parser.add_argument(
        "--scale",
        help="model, head_size (1/sqrt(D)), n_embd (1/sqrt(C)), none, or a number (default: model)",
    )


def switches(arguments: argparse.Namespace) -> gpt.Switches:
    """The switches that the arguments ask for."""
    named = {name: getattr(arguments, name) for name in ("mask", "scale")}
    return gpt.Switches(**{name: value for name, value in named.items() if value is not None})
