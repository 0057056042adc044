"""The loss by length of context: a block of T tokens is T predictions, with 1 to T tokens each.

A bigram's is as high with eight tokens as with one, since it reads the last alone; a Transformer's
falls, as far as it makes use of what it reads. Source: lecture, 14:27.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from gpt.nn.model import GPT

CHUNK = 4096
"""Predictions whose logits are in memory at a time."""


@dataclass(frozen=True, eq=False)
class ContextLosses:
    """Losses by the number of tokens that a prediction could read.

    Fields:
        losses: (B, T) in nats; column t is read with t + 1 tokens.
    """

    losses: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """(T,) the mean over the blocks."""
        return np.asarray(self.losses.mean(0))

    @property
    def error(self) -> np.ndarray:
        """(T,) the standard error of each mean; nan for a single block."""
        B = len(self.losses)
        if B < 2:
            return np.full(self.losses.shape[1], np.nan)
        return np.asarray(self.losses.std(0, ddof=1) / np.sqrt(B))

    def doubling(self) -> list[tuple[int, int, float]]:
        """Means over 1 token, 2, 3 to 4, 5 to 8, …: (first, last, mean loss in nats) of each."""
        T, parts, first = self.losses.shape[1], [], 1
        while first <= T:
            last = min(T, max(1, 2 * (first - 1)))
            parts.append((first, last, float(self.losses[:, first - 1 : last].mean())))
            first = last + 1
        return parts


@torch.no_grad()
def context_losses(model: GPT, x: np.ndarray, y: np.ndarray) -> ContextLosses:
    """The loss of every prediction in B blocks.

    Args:
        model: a decoder, read in evaluation mode.
        x, y: (B, T) ids and the ids that follow them.
    """
    model.eval()
    device, rows = next(model.parameters()).device, max(1, CHUNK // x.shape[1])
    losses = []
    for start in range(0, len(x), rows):
        part = slice(start, start + rows)
        logits = model(torch.tensor(x[part], device=device)).float().flatten(0, 1)
        targets = torch.tensor(y[part], device=device).flatten()
        losses.append(F.cross_entropy(logits, targets, reduction="none").cpu().numpy())
    return ContextLosses(np.concatenate(losses).reshape(x.shape))  # (B * T,) -> (B, T)
