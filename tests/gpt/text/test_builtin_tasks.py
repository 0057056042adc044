"""Every line of every task keeps its rule, checked by other means than those that wrote it."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest

from gpt.text import builtin

LENGTH = 60_000


def lines(name: str) -> list[str]:
    [(document, text)] = builtin.write(name, 3, LENGTH)
    assert document == name
    assert text.endswith("\n")
    return text.splitlines()


def halves(line: str) -> tuple[str, str]:
    return line[: len(line) // 2], line[len(line) // 2 :]


def test_copy_says_the_same_twice_with_no_letter_twice() -> None:
    sizes = set()
    for line in lines("copy"):
        assert re.fullmatch(r"[a-z]{16,48}", line)
        first, second = halves(line)
        assert first == second
        assert len(set(first)) == len(first)
        sizes.add(len(first))
    assert sizes == set(range(8, 25))


def test_copy_has_one_right_place_to_look() -> None:
    """In the second half, what followed the last occurrence of a letter is what follows it."""
    for line in lines("copy")[:50]:
        for i in range(len(line) // 2, len(line) - 1):
            assert line[i + 1] == line[line.rindex(line[i], 0, i) + 1]


def test_copy_cannot_be_predicted_from_letter_pairs() -> None:
    """Each letter follows each other about equally often: no table of pairs is of use."""
    pairs = Counter(pair for line in lines("copy") for pair in pairwise(halves(line)[0]))
    expected = sum(pairs.values()) / (26 * 25)
    assert len(pairs) == 26 * 25
    assert max(pairs.values()) < 2 * expected


def test_reverse_is_a_mirror_image() -> None:
    for line in lines("reverse"):
        first, second = line.split(">")
        assert 4 <= len(first) <= 16
        assert len(set(first)) == len(first)
        assert all(first[i] == second[-1 - i] for i in range(len(first)))
        assert len(first) == len(second)


def test_sort_puts_the_same_letters_in_order() -> None:
    for line in lines("sort"):
        first, second = line.split(">")
        assert 4 <= len(first) <= 12
        assert Counter(first) == Counter(second)
        assert all(a < b for a, b in pairwise(second))


def test_brackets_balance_and_go_deep() -> None:
    deepest = 0
    for line in lines("brackets"):
        assert 2 <= len(line) <= 32
        left = line
        depth = 0
        while left:  # peel off finished pairs, all at once, until nothing is left
            peeled = left.replace("()", "").replace("[]", "").replace("{}", "")
            assert peeled != left, line
            left = peeled
            depth += 1
        deepest = max(deepest, depth)
    assert 4 <= deepest <= 8


def test_brackets_use_all_three_kinds_alike() -> None:
    counts = Counter("".join(lines("brackets")))
    counts.pop("\n", None)
    assert set(counts) == set("()[]{}")
    assert max(counts.values()) < 1.2 * min(counts.values())


def test_addition_is_right() -> None:
    sizes: Counter[int] = Counter()
    for line in lines("addition"):
        match = re.fullmatch(r"(0|[1-9]\d{0,2})\+(0|[1-9]\d{0,2})=(\d{1,4})", line)
        assert match, line
        a, b, total = match.groups()
        assert int(total) == int(a) + int(b)
        assert total == str(int(total))
        sizes[len(a)] += 1
    assert set(sizes) == {1, 2, 3}


@pytest.mark.parametrize("name", ["copy", "reverse", "sort"])
def test_lines_hardly_ever_come_twice(name: str) -> None:
    all_lines = lines(name)
    assert len(set(all_lines)) > 0.98 * len(all_lines)
