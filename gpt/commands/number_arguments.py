"""Numbers as arguments of a command: `type=whole`, not argparse's usual `type=int`.

A command checks ranges of its own, because its message can say what the number is.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from gpt import numerals
from gpt.errors import ConfigError

Number = TypeVar("Number", int, float)


def whole(text: str) -> int:
    """A whole number of at most 31 bits and a sign."""
    read = partial(numerals.whole, low=-numerals.LARGEST)
    return _argument(read, text, f"whole number up to {numerals.LARGEST:,}")


def real(text: str) -> float:
    """A finite number."""
    return _argument(numerals.real, text, f"number up to {numerals.LARGEST_REAL:,.0f}")


def _argument(read: Callable[[str], Number], text: str, wanted: str) -> Number:
    """The number that `read` returns; its error becomes one of argparse."""
    try:
        return read(text)
    except ConfigError:
        raise argparse.ArgumentTypeError(f"{numerals.brief(text)} is no {wanted}") from None
