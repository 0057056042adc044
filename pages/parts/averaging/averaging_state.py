"""The state of Averaging the past, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gpt import numerals
from gpt.errors import ConfigError
from pages.shared.parameters import OneHead, Reads, checked, choice, whole
from pages.shared.url_fields import parameter

SHOWS = ("numbers", "three ways", "one head")
LECTURE, LARGEST, LAST_SEED = "2,7;6,4;6,5", 8, 10_000


def read_matrix(text: str) -> np.ndarray:
    """Read a matrix of two columns, with semicolons between its rows.

    Raises:
        ConfigError: the text is no such matrix, or it has more than `LARGEST` rows.
    """
    try:
        x = np.array(
            [[numerals.real(number) for number in row.split(",")] for row in text.split(";")]
        )
    except ValueError:
        x = np.empty((0, 2))
    if not (x.ndim == 2 and 0 < len(x) <= LARGEST and x.shape[1] == 2 and np.isfinite(x).all()):
        raise ConfigError(f"write 1 to {LARGEST} rows of two numbers, as {LECTURE}")
    return x


@dataclass(frozen=True)
class AveragingState(Reads, OneHead):
    """The page's controls.

    Fields:
        x: the matrix that is averaged, as `read_matrix` reads it.
        seed: of the new head.
    """

    page: ClassVar[str] = "averaging"
    show: str = choice(SHOWS)
    x: str = parameter(LECTURE, checked(read_matrix))
    seed: int = parameter(1, whole(0, LAST_SEED), label="Seed")
