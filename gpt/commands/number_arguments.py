"""Numbers as arguments of a command: `type=whole` in place of argparse's usual `type=int`.

A range that is a command's own is checked there, with a message that knows what the number is.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

from gpt import numerals
from gpt.errors import ConfigError

Number = TypeVar("Number", int, float)


def whole(text: str) -> int:
    """A whole number of at most 31 bits and a sign."""
    return _argument(lambda: numerals.whole(text, low=-numerals.LARGEST))


def real(text: str) -> float:
    """A finite number."""
    return _argument(lambda: numerals.real(text))


def _argument(read: Callable[[], Number]) -> Number:
    """What `read` gives, with its error as argparse takes one."""
    try:
        return read()
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
