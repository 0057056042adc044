"""Durations in words."""

from __future__ import annotations

import pytest

from gpt.durations import duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (75, "1 min 15 s"),
        (3599, "59 min 59 s"),
        (7300, "2 h 1 min"),
        (26 * 3600, "26 h 0 min"),
    ],
)
def test_duration_has_at_most_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words
