"""Padding: what fills the rows of a batch whose texts are not equally long."""

from __future__ import annotations

import torch

PADDING = -1
"""Stands in for a token where a text has ended; no row of an embedding belongs to it."""


def real_tokens(ids: torch.Tensor) -> torch.Tensor | None:
    """(B, S) bool, False where a token is padding; None if there is no padding.

    Args:
        ids: (B, S) token ids, or `PADDING`.
    """
    real = ids != PADDING
    return None if bool(real.all()) else real
