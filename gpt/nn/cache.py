"""KVCache: keys and values of the tokens read so far, so that generation reads each token once."""

from __future__ import annotations

import torch

from gpt.nn.config import GPTConfig

KeysAndValues = tuple[torch.Tensor, torch.Tensor]


class KVCache:
    """Keys and values of B growing sequences, allocated once.

    Valid only while no query sees a later key and the context does not slide: see
    `gpt.inspect.generation`.

    Attributes:
        length: number of tokens whose keys and values every layer holds.
        keys, values: (L, B, H, block_size, D); the first `length` positions are filled.
        source: by layer, the keys and values (B, H, S, D) of an encoder's states, which
            cross-attention reads again for each token.
    """

    def __init__(self, config: GPTConfig, like: torch.Tensor, batch: int = 1) -> None:
        shape = (config.n_layer, batch, config.n_head, config.block_size, config.head_size)
        self.keys = like.new_empty(shape)
        self.values = like.new_empty(shape)
        self.source: dict[int, KeysAndValues] = {}
        self.length = 0

    def extend(self, layer: int, keys: torch.Tensor, values: torch.Tensor) -> KeysAndValues:
        """Append new tokens' keys and values, (B, H, T, D); return all so far, (B, H, S, D)."""
        end = self.length + keys.shape[2]
        self.keys[layer, :, :, self.length : end] = keys
        self.values[layer, :, :, self.length : end] = values
        return self.keys[layer, :, :, :end], self.values[layer, :, :, :end]

    def keep_source(self, layer: int, keys: torch.Tensor, values: torch.Tensor) -> KeysAndValues:
        """Keep the source's keys and values, (B, H, S, D), when they first come; return them."""
        return self.source.setdefault(layer, (keys, values))

    def pick(self, rows: torch.Tensor) -> None:
        """Go on with some of the sequences, each as often as it is named: rows (B',) of 0 to B-1.

        The source has to be the same text for every sequence, as in a beam search.
        """
        self.keys, self.values = self.keys[:, rows], self.values[:, rows]
        self.source = {l: (k[rows], v[rows]) for l, (k, v) in self.source.items()}
