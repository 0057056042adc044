"""The value path as one map: value down, value up.

The lecture's value is D wide, and the output projection brings it back to C. Together the two are
one (C, C) map of rank D at most, which is how other lectures draw the value: a vector of the
embedding's own width that is added. Source: Elhage et al. (2021), the OV circuit; 3Blue1Brown
(2024), chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpt.inspect.one_head.matrices import OneHead


@dataclass(frozen=True, eq=False)
class ValuePath:
    """What a head hands on from each token, as one map.

    Fields:
        matrix: (C, C), Wv times the head's rows of the output projection.
        singular: (D,) its singular values that may differ from 0, falling; the other C − D are 0.
        contribution: (T, C), what the head adds, computed through the one map.
        difference: the largest |difference| of that from what the model added.
    """

    matrix: np.ndarray
    singular: np.ndarray
    contribution: np.ndarray
    difference: float

    @property
    def rank(self) -> int:
        """How many singular values differ from 0, by float32's precision."""
        if not len(self.singular):
            return 0
        tolerance = self.singular[0] * len(self.matrix) * np.finfo(np.float32).eps
        return int((self.singular > tolerance).sum())


def value_path(head: OneHead) -> ValuePath:
    """The map of one head, in float64, and what it gives on the prompt."""
    down, up = head.Wv.astype(np.float64), head.projection.astype(np.float64)
    matrix = down @ up  # (C, D) @ (D, C) -> (C, C)
    of_keys = (head.x if head.y is None else head.y).astype(np.float64)
    weights = head.weights.astype(np.float64)
    contribution = weights @ (of_keys @ matrix)  # (T, S) @ ((S, C) @ (C, C)) -> (T, C)
    if head.bv is not None:
        contribution += weights.sum(-1, keepdims=True) * (head.bv.astype(np.float64) @ up)
    if head.off:
        contribution = np.zeros_like(contribution)
    difference = float(np.abs(contribution - head.contribution).max())
    return ValuePath(matrix, _singular(down, up), contribution, difference)


def _singular(down: np.ndarray, up: np.ndarray) -> np.ndarray:
    """(D,) singular values of down @ up, by a (D, D) matrix that has the same ones."""
    triangles = [np.asarray(np.linalg.qr(each, mode="r")) for each in (down, up.T)]
    return np.asarray(np.linalg.svd(triangles[0] @ triangles[1].T, compute_uv=False))
