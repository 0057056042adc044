"""Recorder: what a caller passes down a forward pass to see inside it.

There is no hook registry: the caller owns the recorder, so nothing is left behind.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from gpt.nn.switches import Resolved


class Recorder(ABC):
    """Receives every stage of the forward pass, as the model used it."""

    @abstractmethod
    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        """Receive one stage, with its batch axis.

        Args:
            name: the stage ("queries", "weights", "residual", …; see `gpt.inspect.trace`).
            layer: index of the block, or None outside the blocks.
            tensor: (B, …).
        """

    def site(self, name: str) -> Recorder:
        """The recorder of another attention site ("encoder", "cross"); by default the same."""
        return self

    def attend(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        layer: int,
        rule: Resolved,
    ) -> torch.Tensor | None:
        """Compute the attention of one layer in place of the model.

        Args:
            queries: (B, H, T, D).
            keys, values: (B, H, S, D); with a cache, the queries are the latest T of S tokens.

        Returns:
            (B, H, T, D), equal to `gpt.nn.attention.attend` without a recorder; None leaves the
            layer to the model, which then records "weights".
        """
        return None
