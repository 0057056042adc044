"""Recorder: what a caller passes down a forward pass in order to see inside it.

There is no hook registry: the caller owns the recorder, so nothing is left behind.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch


class Recorder(ABC):
    """Receives every tensor of the forward pass, each as it was used."""

    into_attention = True
    """Whether it looks inside attention; if not, the fused one may run, which has no stages."""
    strips: Sequence[int] = ()
    """Where weights are so large that they are made and recorded for some queries after the other:
    the first query of each strip, from 0 on."""

    @abstractmethod
    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        """Take a tensor with its batch axis.

        Args:
            name: the stage ("queries", "weights", "residual", …; see `gpt.inspect.trace`).
            layer: index of the block, or None outside the blocks.
            tensor: (B, …).
        """

    def record_strip(self, layer: int, rows: slice, weights: torch.Tensor) -> None:
        """Take the weights of some queries, (B, H, n, w), in place of all; there are `strips`.

        They are as they were used, are overwritten afterwards, and on keys from w on are 0.
        """
        raise NotImplementedError

    def room(self, name: str, layer: int, like: torch.Tensor, width: int) -> torch.Tensor | None:
        """Where a stage may be written at once, so that a large one is made where it will stay.

        Args:
            name: the stage; when it is filled, `record` is given the same tensor.
            layer: index of the block.
            like: (B, H, T, …), on the device and in the precision of the stage.
            width: of its last axis.

        Returns:
            (B, H, T, width); None where the stage is made elsewhere.
        """
        return None
