"""The queries and keys of a head in one plane, as AttentionViz draws them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpt.inspect.plane import pca


@dataclass(frozen=True, eq=False)
class QKPlane:
    """Two clouds of points in one plane.

    Fields:
        queries, keys: (T, 2) and (S, 2), each about its own mean.
        share: (2,), of the variance of both clouds together, along each axis.
    """

    queries: np.ndarray
    keys: np.ndarray
    share: np.ndarray


def qk_plane(queries: np.ndarray, keys: np.ndarray) -> QKPlane:
    """Centre queries and keys, each by its own mean, and project both by one PCA.

    Moving all keys by one vector adds the same number to all scores of a query, so it changes no
    weight; moving the queries does, so only directions and distances within a cloud can be read.
    Source: AttentionViz (Yeh et al., 2023), which centres them so before it projects them.

    Args:
        queries, keys: (T, D) and (S, D). With fewer than two channels or points the missing axis
            is 0.

    Raises:
        ConfigError: numbers that are not finite.
    """
    (T, D), count = queries.shape, len(queries) + len(keys)
    both = np.concatenate([_centred(queries), _centred(keys)])
    padded = np.pad(both, ((0, max(0, 3 - count)), (0, max(0, 2 - D))))
    plane = pca(padded, 2)
    points = plane.project(padded)[:count]
    return QKPlane(points[:T], points[T:], plane.share)


def _centred(points: np.ndarray) -> np.ndarray:
    return points.astype(np.float64) - points.astype(np.float64).mean(axis=0)
