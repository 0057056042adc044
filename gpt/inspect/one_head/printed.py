"""The numbers of a story as they are printed: rounded so that every printed sum adds up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpt.inspect.one_head.one_cell import LogitShares, Numbers, Story, promoted
from gpt.inspect.one_head.sums import adding_up

ADDENDS = 8
"""Exponentials of a row that are printed one by one; the others are printed as one sum."""


@dataclass(frozen=True, eq=False)
class Sum:
    """Rounded numbers that add up to a rounded total, to the digits given.

    Fields:
        parts: (n, ...), total: (...): float64, multiples of 10^-digits.
    """

    parts: Numbers
    total: Numbers
    digits: int


@dataclass(frozen=True, eq=False)
class PrintedStory:
    """A `Story` as it is printed.

    Fields:
        score: D products.
        scaled: two parts, what is left of scaled / temperature without the row's largest, and
            that largest; None if the cell is masked.
        row: the exponentials of the keys in `row_keys`, then the rest of the row as one.
        row_keys: this key, then the largest others.
        rest: how many keys the last part of `row` stands for; 0: it stands for none.
        weight: with `weight_digits` decimals.
        out: (2, D), this look and the query's others, adding up to head_out.
    """

    score: Sum
    scaled: Sum | None
    row: Sum
    row_keys: list[int]
    rest: int
    weight: float
    weight_digits: int
    out: Sum


@dataclass(frozen=True, eq=False)
class PrintedShares:
    """`LogitShares` of the tokens that a look promotes and suppresses most.

    Fields:
        promoted, suppressed: token ids, the most first.
        shares: (3, n), this look, the head's others and the rest; of the promoted tokens and then
            of the suppressed.
    """

    promoted: list[int]
    suppressed: list[int]
    shares: Sum


def rounded(parts: NDArray[np.floating], digits: int | None = None) -> Sum:
    """Round parts along the first axis, and their total, so that they add up as printed."""
    decimals = digits_for(parts) if digits is None else digits
    return Sum(*adding_up(parts, decimals), decimals)


def digits_for(numbers: NDArray[np.floating]) -> int:
    """Decimals that leave the largest number four digits: 4, or more where all are small.

    >>> digits_for(np.array([12.5, 0.001])), digits_for(np.array([0.00321]))
    (4, 6)
    """
    largest = float(np.abs(numbers).max(initial=0))
    if not 0 < largest < 0.1:
        return 4
    return min(9, 3 - math.floor(math.log10(largest)))


def printed_story(story: Story, head_out: NDArray[np.floating]) -> PrintedStory:
    """Round a story.

    Args:
        head_out: (D,), of the query.
    """
    keys = _printed_keys(story)
    printed = story.exps[keys]
    rest = int(np.count_nonzero(story.exps)) - int(np.count_nonzero(printed))
    row = np.append(printed, story.total - printed.sum()) if rest else printed
    scaled = None
    if story.visible:
        scaled = rounded(
            np.array([story.scaled / story.temperature - story.largest, story.largest]), 4
        )
    weight_digits = digits_for(np.array([story.weight]))
    others = head_out.astype(np.float64) - story.look
    return PrintedStory(
        score=rounded(story.products, 4),
        scaled=scaled,
        row=rounded(row, digits_for(printed[:1])),
        row_keys=keys,
        rest=rest,
        weight=round(story.weight, weight_digits),
        weight_digits=weight_digits,
        out=rounded(np.stack([story.look, others])),
    )


def printed_shares(shares: LogitShares, count: int = 5) -> PrintedShares:
    """Round the shares of the tokens that a look moves most, `count` up and `count` down."""
    up, down = promoted(shares.look, count)
    parts = np.stack([shares.look, shares.head, shares.rest])[:, up + down]
    digits = digits_for(parts[0]) if up + down else 4
    return PrintedShares(up, down, rounded(parts, digits))


def _printed_keys(story: Story) -> list[int]:
    """This key, then those with the largest exponentials."""
    order = [int(j) for j in np.argsort(-story.exps, kind="stable") if story.exps[j] > 0]
    first = [story.key] if story.visible else []
    return first + [j for j in order if j != story.key][: ADDENDS - len(first)]
