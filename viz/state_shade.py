"""A grid of states: its numbers, and how they become colours and words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.colors import WEIGHTS, WEIGHTS_SCALE, Stop, stops
from viz.given import Numbers

ROW = (17, 34)  # px: a row's least and greatest height
BODY = 330  # px that the rows share between them
TICK = 13  # px between the numbers beside the colours, at least


@dataclass(frozen=True)
class Shade:
    """How the numbers of a grid become colours; the ends are fixed, never those of one picture.

    Fields:
        title: what the numbers are, for the colour bar.
        low, high: of what is coloured (of its logarithm where `log`).
        scale: of plotly.
        ticks: numbers printed at the colour bar.
        log: whether colours follow the logarithm.
    """

    title: str
    low: float
    high: float
    scale: Sequence[Stop]
    ticks: Sequence[float]
    log: bool = False

    def on_scale(self, values: Numbers) -> Numbers:
        """Where numbers are on the scale."""
        return np.log10(values) if self.log else values


PROBABILITY = Shade("probability", 0, 1, WEIGHTS_SCALE, (0, 0.1, 0.5, 1))


def rank_shade(vocab_size: int) -> Shade:
    """Rank 1, the likeliest, is light; the last one dark; by its logarithm."""
    powers = [10.0**n for n in range(math.ceil(math.log10(max(vocab_size, 2))))]
    ticks = (*powers, float(vocab_size))
    high = math.log10(max(vocab_size, 2))
    return Shade("rank", 0, high, stops(WEIGHTS[::-1]), ticks, log=True)


def entropy_shade(vocab_size: int) -> Shade:
    """From 0, sure (light), to ln V, every token equally likely (dark)."""
    high = math.log(max(vocab_size, 2))
    return Shade("entropy (nats)", 0, high, stops(WEIGHTS[::-1]), (0, high / 2, high))


def length_shade(longest: float) -> Shade:
    """From 0 to the longest vector there is, which the colour bar names."""
    high = longest or 1.0
    return Shade("norm", 0, high, stops(WEIGHTS), (0, high / 2, high))


@dataclass(frozen=True, eq=False)
class StateGrid:
    """A number for each state and position.

    Fields:
        values: (S, T); nan if there is none.
        shade: the colours.
        tokens: T pieces of text, printed above.
        states: S names.
        cells: (S, T) pieces of text to print in the cells, where they fit.
        notes: (S, T) what a hover says, as plain text of a few lines; None: the number.
        following: T pieces printed below: the true next tokens, "" if there is none.

    Raises:
        ValueError: shapes that do not fit each other.
    """

    values: Numbers
    shade: Shade
    tokens: Sequence[str]
    states: Sequence[str]
    cells: Sequence[Sequence[str]] | None = None
    notes: Sequence[Sequence[str]] | None = None
    following: Sequence[str] | None = None

    def __post_init__(self) -> None:
        shape, got = (len(self.states), len(self.tokens)), self.values.shape
        if got != shape:
            raise ValueError(f"values must be {shape} for these states and tokens, got {got}")

    @property
    def row_height(self) -> int:
        """In px."""
        return min(max(BODY // len(self.states), ROW[0]), ROW[1])

    def share(self, values: Numbers) -> Numbers:
        """Where numbers are on the scale: 0 to 1 within its ends."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = self.shade.on_scale(values.astype(np.float64))
        return (scaled - self.shade.low) / (self.shade.high - self.shade.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Shares of the bar of colours, as high as all rows, and the numbers that stand there.

        None lies on another one; the first and the last stay.
        """
        numbers = self.shade.ticks
        shares = self.share(np.array(numbers)).tolist()
        least = TICK / (self.row_height * len(self.states))
        kept, last = [0], len(numbers) - 1
        for n in range(1, last):
            if min(abs(shares[n] - shares[kept[-1]]), abs(shares[last] - shares[n])) >= least:
                kept.append(n)
        return [(shares[n], short(numbers[n])) for n in dict.fromkeys([*kept, last])]

    def note(self, state: int, position: int) -> str:
        """What a hover says of a cell."""
        if self.notes is not None:
            return self.notes[state][position]
        value = self.values[state, position]
        return "no number" if np.isnan(value) else f"{self.shade.title} {value:.4f}"


def short(number: float) -> str:
    """A number at a colour bar."""
    return f"{number:,.3g}" if number < 1000 else f"{number:,.0f}"
