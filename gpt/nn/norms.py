"""Norms: what keeps the numbers of the residual stream in bounds, by channel or by batch."""

from __future__ import annotations

from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import nn

from gpt.nn.config import GPTConfig

MOMENTUM = 0.1


class BatchNorm(nn.Module):
    """Batch normalization over all positions of all sequences: each channel by itself.

    In training, mean and variance are the batch's, so every position learns something about all
    others, also about later ones of its own sequence: no mask prevents it. In use, running means of
    both stand in, and the model is causal; they are saved with the weights.
    Source: Ioffe and Szegedy (2015); lecture, 1:32:51.
    """

    running_mean: torch.Tensor
    running_var: torch.Tensor

    def __init__(self, channels: int, eps: float, bias: bool) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., C) to the same shape; in training, all but C together are the batch."""
        rows = x.reshape(-1, x.shape[-1])  # (B, T, C) -> (B * T, C)
        running, learned = (self.running_mean, self.running_var), (self.weight, self.bias)
        normed = F.batch_norm(rows, *running, *learned, self.training, MOMENTUM, self.eps)
        return normed.view(x.shape)  # (B * T, C) -> (B, T, C)


def rms_norm(x: torch.Tensor) -> torch.Tensor:
    """Divide each vector (the last axis) by the root of its mean square: the same shape.

    Written out, it is learned in half the time that PyTorch's own takes in bfloat16.
    Source: Zhang and Sennrich (2019), without the learned gain.
    """
    mean_square = x.square().mean(-1, keepdim=True)  # (..., D) -> (..., 1)
    return x * (mean_square + torch.finfo(torch.float32).eps).rsqrt()


Norm: TypeAlias = nn.LayerNorm | BatchNorm


def norm(config: GPTConfig) -> Norm:
    """A norm over the channels, as the config has it."""
    if config.norm_kind == "batch":
        return BatchNorm(config.n_embd, config.norm_epsilon, config.bias)
    return nn.LayerNorm(config.n_embd, eps=config.norm_epsilon, bias=config.bias)
