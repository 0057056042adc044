"""How the numbers of a grid of states become colours and words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.colors import WEIGHTS, WEIGHTS_SCALE, Stop, stops

Numbers = NDArray[np.floating[Any]]


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

    def place(self, values: Numbers) -> Numbers:
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


def check(values: Numbers, tokens: Sequence[str], states: Sequence[str]) -> None:
    """Refuse a grid whose parts do not fit each other."""
    shape = (len(states), len(tokens))
    if values.shape != shape:
        raise ValueError(f"values must be {shape} for these states and tokens, got {values.shape}")


def printed_number(value: float, shade: Shade) -> str:
    """The note of a cell that has no words."""
    return "no number" if np.isnan(value) else f"{shade.title} {value:.4f}"


def short(number: float) -> str:
    """A number at a colour bar."""
    return f"{number:,.3g}" if number < 1000 else f"{number:,.0f}"
