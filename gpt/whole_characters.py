"""Texts cut for the eye: never between a letter and its marks, or inside a joined emoji."""

from __future__ import annotations

import unicodedata

JOINER = "\u200d"
FLAGS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
"""Letters of which two are a flag."""


def first_characters(text: str, most: int) -> str:
    """The first characters of a text, `most` at most, cut where a reader sees two signs.

    A sign that is longer by itself is cut anyway.

    >>> first_characters("a cafe\u0301", 6), first_characters("ok \U0001f469\u200d\U0001f680", 5)
    ('a caf', 'ok ')
    """
    end = min(most, len(text))
    while 0 < end < len(text) and _are_one_sign(text[:end], text[end]):
        end -= 1
    return text[:end] or text[:most]


def shortened(text: str, most: int) -> str:
    """A text of `most` characters at most; what is left out is an ellipsis at its end.

    >>> shortened("a long label", 7), shortened("short", 7)
    ('a long…', 'short')
    """
    return text if len(text) <= most else first_characters(text, most - 1) + "…"


def _are_one_sign(before: str, after: str) -> bool:
    """Whether a character belongs to the sign that a text ends with."""
    if after == JOINER or before.endswith(JOINER) or unicodedata.category(after).startswith("M"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True  # a colour of skin, or a letter of a region's flag
    letters = len(before) - len(before.rstrip(FLAGS))
    return after in FLAGS and letters % 2 == 1
