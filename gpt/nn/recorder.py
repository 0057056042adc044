"""Recorder: what a caller passes down a forward pass in order to see inside it.

There is no hook registry: the caller owns the recorder, so nothing is left behind.
"""

from __future__ import annotations

from typing import Protocol

import torch


class Recorder(Protocol):
    """Receives every tensor of the forward pass, each as it was used."""

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        """Take a tensor with its batch axis.

        Args:
            name: the stage ("queries", "weights", "residual", …; see `gpt.inspect.trace`).
            layer: index of the block, or None outside the blocks.
            tensor: (B, …).
        """
