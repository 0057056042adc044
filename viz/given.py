"""What a figure gets: the types of its arrays, and checks whose messages name what they got."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Bools = NDArray[np.bool_]
Integers = NDArray[np.integer[Any]]
Numbers = NDArray[np.floating[Any]]


def real_numbers(name: str, array: ArrayLike) -> NDArray[np.float64]:
    """`array` in 64 bits; nan and infinities stay.

    Raises:
        ValueError: it is empty, or holds what is no real number.
    """
    values = np.asarray(array)
    if values.dtype.kind not in "buif":
        raise ValueError(f"{name} must be real numbers, got {values.dtype} of shape {values.shape}")
    if values.size == 0:
        raise ValueError(f"{name} has nothing to draw: its shape is {values.shape}")
    return values.astype(np.float64)


def map_of_bools(name: str, array: ArrayLike | None, shape: tuple[int, int]) -> Bools | None:
    """`array` as booleans of a shape (T, S); None stays None.

    Raises:
        ValueError: another shape, or numbers, of which −1 or 2 would be neither.
    """
    if array is None:
        return None
    bools: Array = np.asarray(array)
    if bools.shape != shape:
        raise ValueError(f"{name} must be {shape}, got {bools.shape}")
    if bools.dtype != np.bool_:
        raise ValueError(f"{name} must be booleans, got {bools.dtype}")
    return bools


def token_counts(T: int, S: int) -> str:
    """How many tokens a message speaks of: one text's, or queries and keys of two."""
    return f"{T} tokens" if T == S else f"{T} query and {S} key tokens"
