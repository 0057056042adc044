"""Token ids that a caller gives: a list, a numpy array or a tensor, in one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gpt.errors import PromptError


def token_ids(ids: Sequence[int]) -> list[int]:
    """A prompt's ids as Python's whole numbers; an empty prompt gives an empty list.

    Raises:
        PromptError: they are not whole numbers in one row.
    """
    array = _as_array(ids)
    if array is None or array.ndim != 1 or not (array.dtype.kind in "iu" or array.size == 0):
        raise PromptError(
            "ids must be token ids in one row, as tokenizer.encode gives them; "
            f"got {_shape_or_text(ids)}"
        )
    return array.tolist()


def _as_array(ids: Any) -> np.ndarray | None:
    try:
        return np.asarray(ids)
    except (TypeError, ValueError, RuntimeError):  # rows of unequal length; a tensor elsewhere
        return None


def _shape_or_text(ids: Any) -> str:
    """What the caller gave: its shape if it has one, else its text."""
    shape = getattr(ids, "shape", None)
    if shape is not None:
        return f"{type(ids).__name__} of shape {tuple(shape)} and type {ids.dtype}"
    text = repr(ids)
    return text if len(text) <= 60 else f"{text[:60]}…"
