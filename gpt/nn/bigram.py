"""Bigram: the lecture's first language model, a table of next-token logits."""

from __future__ import annotations

import torch
from torch import nn


class Bigram(nn.Module):
    """Each token reads the logits of the next one off its own row. Lecture, 22:11."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.table = nn.Embedding(vocab_size, vocab_size)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Ids (B, T) to logits (B, T, V)."""
        return self.table(ids)
