"""KVCache: keys and values of the tokens read so far, so that generation reads each token once."""

from __future__ import annotations

import torch

from gpt.nn.config import GPTConfig


class KVCache:
    """Keys and values of one growing sequence, allocated once.

    Valid only while no query sees a later key and the context does not slide: see
    `gpt.inspect.generation`.

    Attributes:
        length: number of tokens whose keys and values every layer holds.
        keys, values: (L, H, block_size, D); the first `length` positions are filled.
    """

    def __init__(self, config: GPTConfig, like: torch.Tensor) -> None:
        shape = (config.n_layer, config.n_head, config.block_size, config.head_size)
        self.keys = like.new_zeros(shape)
        self.values = like.new_zeros(shape)
        self.length = 0

    def extend(
        self, layer: int, keys: torch.Tensor, values: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append new tokens' keys and values, (1, H, T, D); return all so far, (1, H, S, D)."""
        end = self.length + keys.shape[2]
        self.keys[layer, :, self.length : end] = keys[0]
        self.values[layer, :, self.length : end] = values[0]
        all_keys, all_values = self.keys[layer, None, :, :end], self.values[layer, None, :, :end]
        return all_keys, all_values  # (L, H, block_size, D) -> (1, H, S, D)
