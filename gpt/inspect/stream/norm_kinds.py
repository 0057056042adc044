"""Four norms of one (B, T, C) block: what each takes its mean and deviation over.

Batch norm: one channel over all examples and positions. LayerNorm: one position over its channels.
Instance norm: one channel of one example over its positions. Group norm: a group of channels of one
example over its positions. Sources: Ioffe and Szegedy (2015); Ba et al. (2016); Ulyanov et al.
(2016); Wu and He (2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from gpt.errors import ConfigError

NORM_KINDS = ("LayerNorm", "batch norm", "instance norm", "group norm")
EPSILON = 1e-5


@dataclass(frozen=True, eq=False)
class NormKind:
    """One norm of a (B, T, C) block.

    Fields:
        name: of `NORM_KINDS`.
        shared: (B, T, C) whole numbers; cells with the same one share a mean and a deviation.
        out: (B, T, C) the normalized numbers, without gain and bias.
        difference: the largest |difference| from PyTorch's own.
        parameters, buffers: the names and sizes of what PyTorch's module learns and remembers.
    """

    name: str
    shared: np.ndarray
    out: np.ndarray
    difference: float
    parameters: dict[str, int]
    buffers: dict[str, int]

    @property
    def means(self) -> int:
        """How many means are taken, and as many deviations."""
        return int(self.shared.max()) + 1


def norm_kinds(x: np.ndarray, groups: int) -> dict[str, NormKind]:
    """A block through all four norms.

    Args:
        x: (B, T, C).
        groups: of channels, for group norm; divides C.

    Raises:
        ConfigError: C cannot be cut into so many groups.
    """
    C = x.shape[-1]
    if groups < 1 or C % groups:
        raise ConfigError(f"{C} channels cannot be cut into {groups} equal groups")
    return {name: _kind(name, x, groups) for name in NORM_KINDS}


def _kind(name: str, x: np.ndarray, groups: int) -> NormKind:
    shared = _shared(name, x.shape, groups)
    out, module = _standardized(x, shared), _module(name, x.shape[-1], groups)
    difference = float(np.abs(out - _by_pytorch(name, x, groups)).max())
    parameters = {key: p.numel() for key, p in module.named_parameters()}
    buffers = {key: b.numel() for key, b in module.named_buffers()}
    return NormKind(name, shared, out, difference, parameters, buffers)


def _shared(name: str, shape: tuple[int, ...], groups: int) -> np.ndarray:
    """(B, T, C): the number of the mean that each cell is measured by."""
    b, t, c = np.indices(shape)
    _, T, C = shape
    return np.asarray(
        {
            "LayerNorm": b * T + t,
            "batch norm": c,
            "instance norm": b * C + c,
            "group norm": b * groups + c * groups // C,
        }[name]
    )


def _standardized(x: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """Mean 0 and variance 1 over the cells that share a number."""
    flat, numbers = x.astype(np.float64).ravel(), shared.ravel()
    count = np.bincount(numbers)
    centred = flat - (np.bincount(numbers, weights=flat) / count)[numbers]
    variance = np.bincount(numbers, weights=centred**2) / count
    return (centred / np.sqrt(variance + EPSILON)[numbers]).reshape(x.shape)


def _by_pytorch(name: str, x: np.ndarray, groups: int) -> np.ndarray:
    """The same by PyTorch, whose channels come before the positions but for LayerNorm."""
    block = torch.from_numpy(x.astype(np.float64))
    if name == "LayerNorm":
        return F.layer_norm(block, block.shape[-1:], eps=EPSILON).numpy()
    swapped = block.transpose(1, 2)  # (B, T, C) -> (B, C, T)
    if name == "batch norm":
        out = F.batch_norm(swapped, None, None, training=True, eps=EPSILON)
    elif name == "instance norm":
        out = F.instance_norm(swapped, eps=EPSILON)
    else:
        out = F.group_norm(swapped, groups, eps=EPSILON)
    return out.transpose(1, 2).numpy()  # (B, C, T) -> (B, T, C)


def _module(name: str, C: int, groups: int) -> nn.Module:
    """PyTorch's module, which says itself what it learns and what it remembers."""
    if name == "LayerNorm":
        return nn.LayerNorm(C)
    if name == "batch norm":
        return nn.BatchNorm1d(C)
    if name == "instance norm":
        return nn.InstanceNorm1d(C, affine=True)
    return nn.GroupNorm(groups, C)
