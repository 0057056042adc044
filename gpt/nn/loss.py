"""The loss: how surprised a model is by each next token."""

from __future__ import annotations

import torch
import torch.nn.functional as F

IGNORED = -1
"""Stands in for a target where there is nothing to predict: after the end of a document."""


def cross_entropy(
    logits: torch.Tensor, targets: torch.Tensor, smoothing: float = 0.0
) -> torch.Tensor:
    """Mean over every position that has a target, in nats. Lecture, 26:09.

    Args:
        logits: (B, T, V), or (B, K) of a classifier.
        targets: (B, T) token ids, or `IGNORED`; (B,) classes.
        smoothing: share of each target that is spread evenly over all V (Szegedy et al., 2016).
    """
    flat = logits.flatten(0, -2).float()  # (B, T, V) -> (B * T, V)
    return F.cross_entropy(
        flat, targets.flatten(), ignore_index=IGNORED, label_smoothing=smoothing
    )  # (B, T) -> (B * T,)


def counted(targets: torch.Tensor) -> int:
    """How many positions have a target."""
    return int((targets != IGNORED).sum())
