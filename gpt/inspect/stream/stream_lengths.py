"""Norms: how long the vectors of the residual stream are, and two ways to normalize them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpt.inspect.site import AttentionSite, StreamSite


@dataclass(frozen=True, eq=False)
class StreamNorms:
    """Euclidean lengths of the vectors of a trace.

    Fields:
        stream: (2L+1, T) the residual stream at each state; (3L+1, T) with cross-attention.
        attention, mlp: (L, T) what each branch gave at each position.
        cross: (L, T) what cross-attention gave; None without one.
    """

    stream: np.ndarray
    attention: np.ndarray
    mlp: np.ndarray
    cross: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Normalized:
    """The same vectors before and after two normalizations; gain and bias left out of both.

    Fields:
        before: (T, C) one state of the residual stream.
        layer: (T, C) LayerNorm: each row, one position's C numbers, has mean 0 and variance 1.
        batch: (T, C) batch normalization: each column, one channel over the T positions, has.
    """

    before: np.ndarray
    layer: np.ndarray
    batch: np.ndarray

    def by_name(self) -> dict[str, np.ndarray]:
        """The three matrices, each under the name that it has on screen."""
        return {
            "before": self.before,
            "LayerNorm": self.layer,
            "batch normalization": self.batch,
        }


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation (of the whole population, not N−1) of some numbers."""

    mean: float
    std: float

    @classmethod
    def of(cls, numbers: np.ndarray) -> Moments:
        """Of all the numbers of an array."""
        wide = numbers.astype(np.float64)
        return cls(float(wide.mean()), float(wide.std()))


def stream_norms(trace: StreamSite, cross: AttentionSite | None = None) -> StreamNorms:
    """The length of every vector of the stream and of every branch.

    Args:
        cross: the cross-attention that writes to the same stream.
    """
    return StreamNorms(
        stream=np.linalg.norm(trace.residual, axis=-1),
        attention=np.linalg.norm(trace.attention_out, axis=-1),
        mlp=np.linalg.norm(trace.mlp_out, axis=-1),
        cross=None if cross is None else np.linalg.norm(cross.attention_out, axis=-1),
    )


def normalize(vectors: np.ndarray, epsilon: float = 1e-5) -> Normalized:
    """What LayerNorm makes of (T, C) vectors, and what batch normalization would.

    The positions of the prompt play the batch: a batch of sequences has them all as rows.
    Source: Ba et al. (2016), Ioffe and Szegedy (2015); lecture, 1:32:51.

    Args:
        epsilon: added to each variance; PyTorch's own for both layers, unless the model has
            another.
    """
    layer, batch = (standardize(vectors, axis, epsilon) for axis in (1, 0))
    return Normalized(vectors.copy(), layer, batch)  # a view would keep all states in memory


def standardize(vectors: np.ndarray, axis: int, epsilon: float = 1e-5) -> np.ndarray:
    """Mean 0 and variance 1 along an axis; a column that is all the same becomes 0.

    >>> standardize(np.array([[1.0, 3.0]]), axis=1).round(4)
    array([[-1.,  1.]])
    """
    wide = vectors.astype(np.float64)
    centred = wide - wide.mean(axis, keepdims=True)
    variance = (centred**2).mean(axis, keepdims=True)
    return (centred / np.sqrt(variance + epsilon)).astype(vectors.dtype)
