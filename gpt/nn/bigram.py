"""The bigram: the lecture's first language model, a table of next-token logits.

A GPT without blocks is a bigram: a token's row of the token embedding holds the logits of the next
token, and the output embedding passes them on.
"""

from __future__ import annotations

import torch
from torch import nn


class PassOn(nn.Module):
    """An output embedding that changes nothing: the C = V channels are logits. Lecture, 22:11.

    Args:
        vocab_size: V.
    """

    bias: None = None

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.vocab_size = vocab_size

    def forward(self, row: torch.Tensor) -> torch.Tensor:
        """(B, T, V), each token's row of the table, to the same: its logits."""
        return row

    @property
    def weight(self) -> torch.Tensor:
        """(V, V): the identity, which is no parameter."""
        return torch.eye(self.vocab_size)
