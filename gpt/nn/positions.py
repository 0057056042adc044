"""Positions that are computed rather than learned: sinusoids and rotations."""

from __future__ import annotations

import torch


def sinusoids(length: int, channels: int) -> torch.Tensor:
    """Fixed position embeddings, (length, channels): sines and cosines in turn.

    Source: Attention Is All You Need, section 3.5.
    """
    angles = _angles(length, channels)
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(1)  # (T, C / 2, 2) -> (T, C)


def rotate(x: torch.Tensor, start: int) -> torch.Tensor:
    """Turn each pair of channels of queries or keys by an angle that grows with the position.

    Args:
        x: (B, H, T, D), D even; channel d is paired with channel d + D/2.
        start: position of the first token.

    Source: RoFormer (Su et al., 2021), section 3.2.
    """
    angles = _angles(start + x.shape[2], x.shape[3])[start:].to(x.device)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, dim=-1)  # (B, H, T, D) -> twice (B, H, T, D / 2)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)  # (B, H, T, D)


def _angles(length: int, channels: int) -> torch.Tensor:
    """(length, channels / 2): position × 10000^(-2i / channels), in radians."""
    wavelengths = 10000 ** (torch.arange(0, channels, 2).float() / channels)
    return torch.arange(length).float()[:, None] / wavelengths  # (length, 1) / (C / 2,)
