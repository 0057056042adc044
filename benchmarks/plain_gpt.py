"""A GPT as plain PyTorch has it, designed like nanoGPT's, to set ours beside.

Queries, keys and values are one product, attention is PyTorch's fused function with dropout on its
weights, and the optimizer is `torch.optim.AdamW` as it comes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from gpt.nn.config import GPTConfig


class PlainBlock(nn.Module):
    """Attention and feed-forward layer of one block: (B, T, C) to (B, T, C)."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        C, bias = config.n_embd, config.bias
        self.n_head, self.dropout = config.n_head, config.dropout
        self.ln_1, self.ln_2 = nn.LayerNorm(C, bias=bias), nn.LayerNorm(C, bias=bias)
        self.qkv, self.out = nn.Linear(C, 3 * C, bias=bias), nn.Linear(C, C, bias=bias)
        self.mlp = nn.Sequential(
            nn.Linear(C, 4 * C, bias=bias), nn.GELU(), nn.Linear(4 * C, C, bias=bias)
        )
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, C) to the same shape."""
        x = x + self.drop(self.out(self._heads(self.ln_1(x))))
        return x + self.drop(self.mlp(self.ln_2(x)))

    def _heads(self, x: torch.Tensor) -> torch.Tensor:
        three = self.qkv(x).chunk(3, dim=-1)  # (B, T, 3C) -> three of (B, T, C)
        q, k, v = (part.unflatten(-1, (self.n_head, -1)).transpose(1, 2) for part in three)
        share = self.dropout if self.training else 0.0
        out = F.scaled_dot_product_attention(q, k, v, dropout_p=share, is_causal=True)
        return out.transpose(1, 2).flatten(2)  # (B, H, T, D) -> (B, T, C)


class PlainGPT(nn.Module):
    """Ids (B, T) and targets (B, T) to logits (B, T, V) and the loss."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        C = config.n_embd
        self.tokens = nn.Embedding(config.vocab_size, C)
        self.places = nn.Embedding(config.block_size, C)
        self.drop = nn.Dropout(config.dropout)
        self.blocks = nn.Sequential(*(PlainBlock(config) for _ in range(config.n_layer)))
        self.norm = nn.LayerNorm(C, bias=config.bias)
        self.head = nn.Linear(C, config.vocab_size, bias=False)
        self.tokens.weight = self.head.weight

    def forward(
        self, ids: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The logits and their cross-entropy."""
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        logits = self.head(self.norm(self.blocks(self.drop(x))))
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    def configure_optimizers(
        self, weight_decay: float, learning_rate: float, betas: tuple[float, float], device: str
    ) -> torch.optim.Optimizer:
        """AdamW for all parameters, by the name and the arguments that nanoGPT's model has."""
        settings = dict(lr=learning_rate, betas=betas, weight_decay=weight_decay)
        return torch.optim.AdamW(self.parameters(), **settings)  # type: ignore[arg-type]
