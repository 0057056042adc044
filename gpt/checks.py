"""Checks of numbers that a person or a script gives, before anything is done with them."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Iterable

from gpt.errors import ConfigError, TokenizerError


def is_whole(value: object) -> bool:
    """Whether it is a whole number, numpy's and torch's included; True and False are none.

    >>> is_whole(3), is_whole(2.5), is_whole(True)
    (True, False, False)
    """
    try:
        operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return False
    return not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Whether it is a finite number; True and False are none.

    >>> is_number(0.5), is_number(math.nan), is_number("0.5")
    (True, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


def check_whole(name: str, value: object, least: int, most: int | None = None) -> int:
    """`value`, which `name` says what it is for, if it is a whole number in this range.

    Raises:
        ConfigError: it is none.
    """
    if is_whole(value) and least <= value and (most is None or value <= most):  # type: ignore[operator]
        return int(value)  # type: ignore[call-overload]
    span = f"of {least} or more" if most is None else f"from {least} to {most}"
    raise ConfigError(f"{name} is {_short(value)}; choose a whole number {span}")


def known_ids(ids: Iterable[int], vocab_size: int) -> list[int]:
    """`ids` as Python's whole numbers, if each is a token of this vocabulary.

    Raises:
        TokenizerError: the first that is none.
    """
    found = list(ids)
    for id in found:
        if not (is_whole(id) and 0 <= id < vocab_size):
            raise TokenizerError(f"token id {_short(id)} is outside 0 to {vocab_size - 1}")
    return [int(id) for id in found]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
