"""Planes: points of many channels in two or three dimensions, by PCA or by t-SNE."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from gpt import process
from gpt.errors import ConfigError
from gpt.importing import alone

PERPLEXITY = 30.0
EXAGGERATION = 12.0
ITERATIONS = 2000
SEED = 0


@dataclass(frozen=True)
class Plane:
    """The directions in which a cloud of points is widest.

    Fields:
        mean: (C,) of the points; the origin of the plane.
        axes: (n, C), of length 1, at right angles, the widest first.
        share: (n,) of the points' variance that lies along each axis; 0 to 1.
    """

    mean: np.ndarray
    axes: np.ndarray
    share: np.ndarray

    def project(self, points: np.ndarray) -> np.ndarray:
        """(N, C) to (N, n): where points lie in the plane."""
        return (points.astype(np.float64) - self.mean) @ self.axes.T

    def share_of(self, points: np.ndarray) -> np.ndarray:
        """(n,): how much of the variance of any points lies along each axis."""
        spread = self.project(points).var(axis=0)
        total = points.astype(np.float64).var(axis=0).sum()
        return spread / total if total > 0 else np.zeros_like(spread)


def pca(points: np.ndarray, n: int) -> Plane:
    """Principal component analysis: the n widest directions, by singular value decomposition.

    The largest entry of each axis is positive, so that the picture does not flip by chance.

    Args:
        points: (N, C), N at least 2.
        n: 2 or 3 for a picture.

    Raises:
        ConfigError: too few points or channels, or numbers that are not finite.
    """
    _check(points, n)
    wide = points.astype(np.float64)
    mean = wide.mean(axis=0)
    _, singular, axes = np.linalg.svd(wide - mean, full_matrices=False)
    total = float((singular**2).sum())
    share = singular[:n] ** 2 / total if total > 0 else np.zeros(n)
    largest = np.abs(axes[:n]).argmax(axis=1)
    signs = np.sign(axes[np.arange(n), largest])
    return Plane(mean, axes[:n] * signs[:, None], share)


def perplexity(count: int) -> float:
    """How many neighbours t-SNE asks each of `count` points about: 30, or a third of the others.

    >>> perplexity(1000), perplexity(28)
    (30.0, 9.0)
    """
    return min(PERPLEXITY, (count - 1) / 3)


def learning_rate(count: int) -> float:
    """t-SNE's step size: points / exaggeration (Belkina et al., 2019), at least 5.

    The library never goes below 50, with which less than a hundred points fly apart in three
    dimensions and end up anywhere (divergence 1.8 rather than 0.5 for 65 characters).

    >>> learning_rate(600), learning_rate(27)
    (50.0, 5.0)
    """
    return max(count / EXAGGERATION, 5.0)


def tsne(points: np.ndarray, n: int) -> np.ndarray:
    """t-SNE by scikit-learn, (N, C) to (N, n); the same points give the same picture.

    Near points stay near; distances between groups and their sizes mean nothing. It starts from
    the PCA where there is one. Source: van der Maaten and Hinton (2008).

    Raises:
        ConfigError: too few points, or numbers that are not finite.
    """
    _check(points, n)
    start = "pca" if min(points.shape) >= n else "random"
    method = _tsne()(
        n_components=n,
        perplexity=perplexity(len(points)),
        init=start,
        early_exaggeration=EXAGGERATION,
        learning_rate=learning_rate(len(points)),
        max_iter=ITERATIONS,
        random_state=SEED,
        n_jobs=1,
    )
    return np.asarray(method.fit_transform(points.astype(np.float32)), np.float64)


@cache
@alone()
def _tsne() -> Any:
    """The class, imported when first needed: that takes seconds.

    Its many objects would make every rerun of a page slower, so they are frozen (`process.freeze`).
    """
    from sklearn.manifold import TSNE

    process.freeze()
    return TSNE


def _check(points: np.ndarray, n: int) -> None:
    if len(points) <= n or points.shape[1] < n:
        raise ConfigError(
            f"{len(points)} points of {points.shape[1]} channels cannot be drawn in {n} "
            f"dimensions; more than {n} points and at least {n} channels are needed"
        )
    if not np.isfinite(points).all():
        raise ConfigError("the table has numbers that are not finite; the training diverged")
