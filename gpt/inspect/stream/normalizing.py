"""Normalizing a small matrix by hand: each column over the batch, each row over its features.

Rows are examples, columns are features. Source: lecture, 1:32:51, which takes BatchNorm's code
and changes one axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from gpt import numerals
from gpt.errors import ConfigError
from gpt.inspect.stream.stream_lengths import Moments, normalize
from gpt.nn.norms import MOMENTUM

DECIMALS = 2
"""Random numbers are rounded to so many, so that the numbers printed are those computed with."""

LARGEST = 1e6


@dataclass(frozen=True, eq=False)
class LineSum:
    """How N numbers, a row or a column, become mean 0 and variance 1.

    Fields:
        values, centred, squared, normalized, out: (N,) the numbers; less their mean; that squared;
            divided by the deviation; times gain plus bias.
        mean, variance: of the values; the variance divided by N.
        deviation: √(variance + epsilon).
    """

    values: np.ndarray
    centred: np.ndarray
    squared: np.ndarray
    normalized: np.ndarray
    out: np.ndarray
    mean: float
    variance: float
    epsilon: float
    deviation: float

    @property
    def total(self) -> float:
        """Of the values."""
        return float(self.values.sum())

    @property
    def after(self) -> Moments:
        """Mean and deviation of what comes out."""
        return Moments.of(self.out)


@dataclass(frozen=True, eq=False)
class Influence:
    """What a change of one number of one example does to every example's normalized numbers.

    Fields:
        example: the row that was changed.
        layer, batch: (B, C), after the change less before.
    """

    example: int
    layer: np.ndarray
    batch: np.ndarray

    def on_others(self) -> tuple[float, float]:
        """The largest |change| in the other rows, with LayerNorm and with batch normalization."""
        others = np.arange(len(self.layer)) != self.example
        largest = (float(np.abs(part[others]).max(initial=0)) for part in (self.layer, self.batch))
        return next(largest), next(largest)


def random_matrix(B: int, C: int, seed: int, shift: float = 0.0, spread: float = 1.0) -> np.ndarray:
    """(B, C) numbers of torch.randn × spread + shift, rounded to two decimals.

    The lecture draws (32, 100) and leaves them as they are.
    """
    generator = torch.Generator().manual_seed(seed)
    normal = torch.randn(B, C, generator=generator).double().numpy()
    return np.round(normal * spread + shift, DECIMALS) + 0.0  # never −0


def read_matrix(text: str, largest: tuple[int, int]) -> np.ndarray:
    """Numbers as a person types them: rows between semicolons, numbers between blanks or commas.

    >>> read_matrix("1 2 3; 4, 6, 8", (8, 6)).tolist()
    [[1.0, 2.0, 3.0], [4.0, 6.0, 8.0]]

    Raises:
        ConfigError: no matrix, or one that is too large.
    """
    try:
        rows = [
            [numerals.real(n) for n in row.replace(",", " ").split()] for row in text.split(";")
        ]
        matrix = np.array(rows, dtype=np.float64)
    except ValueError:
        matrix = np.zeros((0, 0))
    wrong = matrix.ndim != 2 or matrix.size == 0 or not (np.abs(matrix) <= LARGEST).all()
    if wrong or (np.array(matrix.shape) > largest).any():
        raise ConfigError(
            f"{numerals.brief(text)} is no matrix of at most {largest[0]} rows and "
            f"{largest[1]} columns; write rows of equal length between semicolons, as "
            "in 1 2 3; 4 6 8, numbers up to a million"
        )
    return matrix


def line_sum(
    line: np.ndarray, epsilon: float = 1e-5, gain: float = 1.0, bias: float = 0.0
) -> LineSum:
    """Every step of normalizing (N,) numbers.

    >>> line_sum(np.array([1.0, 2.0, 3.0]), epsilon=0.0).normalized.round(4).tolist()
    [-1.2247, 0.0, 1.2247]
    """
    values = line.astype(np.float64)
    mean = float(values.mean())
    centred = values - mean
    squared = centred**2
    variance = float(squared.mean())
    deviation = float(np.sqrt(variance + epsilon))
    normalized = centred / deviation if deviation else centred
    out = normalized * gain + bias
    return LineSum(values, centred, squared, normalized, out, mean, variance, epsilon, deviation)


def influence(
    x: np.ndarray, example: int, feature: int, by: float, epsilon: float = 1e-5
) -> Influence:
    """Add `by` to one number of (B, C), and see whose normalized numbers move."""
    changed = x.copy()
    changed[example, feature] += by
    before, after = normalize(x, epsilon), normalize(changed, epsilon)
    return Influence(example, after.layer - before.layer, after.batch - before.batch)


def from_pytorch(x: np.ndarray, epsilon: float = 1e-5) -> tuple[float, float | None]:
    """The largest |difference| of `normalize` from PyTorch's layer_norm and batch_norm.

    None for a batch of one, which PyTorch refuses to normalize over.
    """
    ours, tensor = normalize(x, epsilon), torch.from_numpy(x)
    layer = F.layer_norm(tensor, tensor.shape[1:], eps=epsilon).numpy()
    furthest = float(np.abs(ours.layer - layer).max())
    if len(x) < 2:
        return furthest, None
    batch = F.batch_norm(tensor, None, None, None, None, True, MOMENTUM, epsilon).numpy()
    return furthest, float(np.abs(ours.batch - batch).max())
