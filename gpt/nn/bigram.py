"""The bigram: the lecture's first language model, a table of next-token logits.

A GPT without blocks is one: each token reads the logits of the next one off its own row of the
token embedding, and what stands in place of the output embedding passes them on.
"""

from __future__ import annotations

import torch
from torch import nn


class PassOn(nn.Module):
    """In place of an output embedding: the row of the table holds the logits. Lecture, 22:11.

    Args:
        vocab_size: V; the channels are as many.
    """

    bias: None = None

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.vocab_size = vocab_size

    def forward(self, row: torch.Tensor) -> torch.Tensor:
        """The token's row of the table (B, T, V), which is its logits."""
        return row

    @property
    def weight(self) -> torch.Tensor:
        """(V, V): the output embedding that does the same, the identity; there is no parameter."""
        return torch.eye(self.vocab_size)
