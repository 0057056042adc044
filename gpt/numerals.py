"""Numbers out of text, and numbers in messages: each in one way.

Python's own `int` and `float` take more than a person means: digits of other scripts, `1_000`,
`nan`, `inf`, and `1e400`, which is inf; of 5,000 digits they complain in words of their own. Here a
number is in ASCII digits and in its range, or a message says what would work. Messages print
numbers as a person writes them: 10,000,000 and 0.00001, not 1e+07 and 1e-05.
"""

from __future__ import annotations

import math
import numbers
import re
from decimal import Decimal

from gpt.errors import ConfigError, HeadlightError
from gpt.whole_characters import first_characters

LARGEST = 2**31 - 1
"""The largest whole number where nothing else bounds it: seeds, steps, positions."""
LARGEST_REAL = 1e9
LONGEST = 40
"""Characters; Python writes no float with more than 24."""

SMALLEST, LARGEST_PLAIN = 1e-12, 1e16
"""Beyond these a number has an exponent; nobody counts so many zeros."""

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
    raise error(_refusal(text, name, f"whole number {between(low, high)}"))


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
    raise error(_refusal(text, name, f"number {between(low, high)}"))


def to_text(value: object, longest: int = LONGEST) -> str:
    """A value as messages print it: a number plain, with thousands separators.

    A real number keeps its point, so that 2.0 is not called 2 where a whole number is wanted.
    Anything else stands as Python writes it, cut if it is long.

    >>> to_text(10**7), to_text(1e-5), to_text(2.0), to_text(-1234567.5)
    ('10,000,000', '0.00001', '2.0', '-1,234,567.5')
    >>> to_text("ab"), to_text(True), to_text(1e30)
    ("'ab'", 'True', '1e+30')
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        text = repr(value)
    else:
        text = _number_text(value)
    return text if len(text) <= longest else f"{text[:longest]}…"


def between(low: float, high: float) -> str:
    """A range in words.

    >>> between(1, 1e7)
    'from 1 to 10,000,000'
    """
    return f"from {to_text(low).removesuffix('.0')} to {to_text(high).removesuffix('.0')}"


def _number_text(value: numbers.Real) -> str:
    if isinstance(value, numbers.Integral):
        whole = int(value)
        return f"{whole:,}" if abs(whole) < 10**LONGEST else f"a number of over {LONGEST} digits"
    number = float(value) + 0.0
    if not math.isfinite(number) or (number and not SMALLEST <= abs(number) < LARGEST_PLAIN):
        return repr(number)
    text = f"{Decimal(repr(number)):,f}"
    return text if "." in text else f"{text}.0"


def brief(text: str, longest: int = LONGEST) -> str:
    """A text in quotes, cut if it is long.

    >>> brief("9" * 5000, longest=4)
    "'9999…'"
    """
    return repr(text if len(text) <= longest else first_characters(text, longest) + "…")


def _refusal(text: str, name: str | None, wanted: str) -> str:
    if name is None:
        return f"{brief(text)} is no {wanted}"
    return f"{name} is {brief(text)}; choose a {wanted}"
