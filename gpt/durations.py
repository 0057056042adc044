"""Durations as a person says them, on the command line and on the pages."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return a number of seconds in words.

    >>> duration(75), duration(7300)
    ('1 min 15 s', '2 h 1 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
