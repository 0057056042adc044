"""Names: their shape, their variety, and the origins they stay with."""

from __future__ import annotations

import random
import re

from gpt.text import builtin
from gpt.text.builtin.first_names import ORIGINS


def test_one_lower_case_name_a_line() -> None:
    [(document, text)] = builtin.write("names", 1, 100_000)
    assert document == "names"
    for name in text.splitlines():
        assert re.fullmatch(r"[a-z]{3,16}", name), name


def test_there_are_thousands_of_them() -> None:
    [(_, text)] = builtin.write("names", 1, 100_000)
    names = text.splitlines()
    assert len(set(names)) > 5_000
    assert 6 < sum(map(len, names)) / len(names) < 9


def test_an_origin_has_its_own_sounds() -> None:
    """Names of the islands end in a vowel; none of the mountains do."""
    rng = random.Random(1)
    islands, mountains = ORIGINS[0], ORIGINS[1]
    assert all(islands.name(rng)[-1] in "aeiou" for _ in range(200))
    assert not any(mountains.name(rng)[-1] in "aeiou" for _ in range(200))


def test_endings_are_told_apart_from_beginnings() -> None:
    """That a name ends can be learned: few endings make up most of the last three letters."""
    [(_, text)] = builtin.write("names", 1, 100_000)
    ends = [name[-3:] for name in text.splitlines()]
    starts = [name[:3] for name in text.splitlines()]
    assert len(set(ends)) < 600
    assert len(set(starts)) < 600
    assert len(set(ends) & set(starts)) < 0.25 * len(set(ends))
