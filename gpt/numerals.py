"""Numbers out of text: links, fields and the command line, all read in one way.

Python's own `int` and `float` take more than a person means: digits of other scripts, `1_000`,
`nan`, `inf`, and `1e400`, which is inf; of 5,000 digits they complain in words of their own. Here a
number is in ASCII digits and in its range, or a message says what would work.
"""

from __future__ import annotations

import re

from gpt.errors import ConfigError, HeadlightError

LARGEST = 2**31 - 1
"""The largest whole number where nothing else bounds it: seeds, steps, positions."""
LARGEST_REAL = 1e9
LONGEST = 40
"""Characters; Python writes no float with more than 24."""

_WHOLE = re.compile(r"-?[0-9]+")
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def whole(
    text: str,
    name: str | None = None,
    low: int = 0,
    high: int = LARGEST,
    error: type[HeadlightError] = ConfigError,
) -> int:
    """A whole number from `low` to `high`.

    >>> whole(" 12 ")
    12

    Args:
        name: what the number is, for the message; None if the caller says it.

    Raises:
        error: `text` is no such number.
    """
    digits = text.strip()
    if len(digits) <= LONGEST and _WHOLE.fullmatch(digits) and low <= int(digits) <= high:
        return int(digits)
    raise error(_refusal(text, name, f"whole number from {low:,} to {high:,}"))


def real(
    text: str,
    name: str | None = None,
    low: float = -LARGEST_REAL,
    high: float = LARGEST_REAL,
    error: type[HeadlightError] = ConfigError,
) -> float:
    """A finite number from `low` to `high`; −0 becomes 0.

    >>> real("-0"), real("2.5e-1")
    (0.0, 0.25)

    Raises:
        error: `text` is no such number.
    """
    digits = text.strip()
    if len(digits) <= LONGEST and _REAL.fullmatch(digits) and low <= float(digits) <= high:
        return float(digits) + 0.0
    raise error(_refusal(text, name, f"number from {low:g} to {high:g}"))


def brief(text: str, longest: int = LONGEST) -> str:
    """A text in quotes, cut if it is long.

    >>> brief("9" * 5000, longest=4)
    "'9999…'"
    """
    return repr(text if len(text) <= longest else text[:longest] + "…")


def _refusal(text: str, name: str | None, wanted: str) -> str:
    if name is None:
        return f"{brief(text)} is no {wanted}"
    return f"{name} is {brief(text)}; choose a {wanted}"
