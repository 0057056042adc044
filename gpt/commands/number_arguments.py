"""Numbers as arguments of a command: `type=whole`, not argparse's usual `type=int`.

A command checks ranges of its own, because its message can say what the number is.
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
    """The number that `read` returns; its error becomes one of argparse."""
    try:
        return read()
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
