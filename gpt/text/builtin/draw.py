"""Drawing at random, the same on every machine and every Python.

Python promises that the numbers of `Random.random()` never change for a seed, and nothing
about `choice`, `sample` or `shuffle`. A run resumed next year must see the same text, so
everything here is built on `random()` alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def below(rng: random.Random, n: int) -> int:
    """A whole number from 0 to n - 1, all equally likely."""
    return int(rng.random() * n)


def between(rng: random.Random, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + int(rng.random() * (high - low + 1))


def pick(rng: random.Random, choices: Sequence[T]) -> T:
    """One of the choices, all equally likely."""
    return choices[int(rng.random() * len(choices))]


def sample(rng: random.Random, choices: Sequence[T], n: int) -> list[T]:
    """n different ones of the choices, in random order (the first n steps of Fisher-Yates)."""
    pool = list(choices)
    for i in range(n):
        j = i + int(rng.random() * (len(pool) - i))
        pool[i], pool[j] = pool[j], pool[i]
    return pool[:n]


def fill(draw: Callable[[], T], size: Callable[[T], int], length: int, least: int) -> Iterator[T]:
    """Pieces whose sizes add up to about `length`: whole pieces, the last one chosen to fit.

    Args:
        draw: makes a piece, and changes nothing else, since not every piece is used.
        size: the characters of a piece.
        least: the size of a small piece; what is missing or too much stays around half of it.
    """
    left = length
    while left > least // 2:
        piece = draw()
        if left - size(piece) <= least // 2:
            piece = nearest(draw, size, left)
            if abs(left - size(piece)) >= left:
                return
        left -= size(piece)
        yield piece


def nearest(draw: Callable[[], T], size: Callable[[T], int], wanted: int, tries: int = 300) -> T:
    """Draw up to `tries` pieces; return the first whose size is closest to the wanted one."""
    best = draw()
    for _ in range(tries):
        if size(best) == wanted:
            break
        piece = draw()
        if abs(size(piece) - wanted) < abs(size(best) - wanted):
            best = piece
    return best
