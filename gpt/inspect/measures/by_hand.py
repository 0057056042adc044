"""Numbers of the lecture's small examples, which hold for every model."""

from __future__ import annotations

import numpy as np

from gpt.errors import ConfigError
from gpt.inspect.heads.softmax_sharpness import LECTURE, gaussian_spread, sharpened
from gpt.inspect.measures.reading import Measured, Reading
from gpt.inspect.one_head.averaging_ways import largest_differences, means_of


def softmax_times(reading: Reading, times: float = 8.0) -> Measured:
    """The largest probability of the lecture's logits, multiplied. Lecture, 1:18:52."""
    before, after = sharpened(np.array(LECTURE), np.array([1.0, times])).max(axis=-1)
    numbers = {"before": float(before), "after": float(after), "times": times}
    return Measured(float(after), numbers)


def running_mean(reading: Reading, rows: list[list[float]], column: int = 0) -> Measured:
    """The last of the running means of a column of numbers. Lecture, 42:13.

    Raises:
        ConfigError: the rows are no matrix with such a column.
    """
    x = np.array(rows, dtype=float)
    if x.ndim != 2 or not 0 <= column < x.shape[1]:
        raise ConfigError(f"rows is {rows}; give rows of numbers, with a column {column}")
    mean = float(means_of(x)[1][-1, column])
    listed = " + ".join(f"{number:g}" for number in x[:, column])
    return Measured(mean, {"mean": mean, "sum": listed, "T": len(x)})


def ways_apart(reading: Reading) -> Measured:
    """The largest difference of the three ways to average the past. Lecture, 42:13 to 54:42."""
    largest = max(largest_differences().values())
    return Measured(largest, {"largest": largest})


def gaussian_variance(reading: Reading, size: int = 16, seed: int = 1) -> Measured:
    """The variance of q · k, of vectors of unit Gaussians. Lecture, 1:17:52.

    Args:
        size: of the vectors: a power of two, up to 256.

    Raises:
        ConfigError: another size.
    """
    spread = gaussian_spread(seed)
    if size not in spread.head_sizes:
        raise ConfigError(f"size is {size}; it can be {', '.join(map(str, spread.head_sizes))}")
    at = int(np.flatnonzero(spread.head_sizes == size)[0])
    value, scaled = float(spread.unscaled[at]), float(spread.scaled[at])
    return Measured(value, {"size": size, "variance": value, "scaled": scaled})
