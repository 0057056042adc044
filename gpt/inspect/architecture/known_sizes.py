"""Sizes that people know, from the lecture's last model to GPT-3's largest, to be counted.

Each is one architecture with other numbers: only L, C, H and the block grow. GPT-3's attention is
sparse in every second layer, which has no parameters, so that the count is that of the dense model.
Sources: lecture, 1:49:26; Radford et al. (2019), table 2; Brown et al. (2020), table 2.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpt.nn.config import GPTConfig

GPT2_TOKENS = 50_257


@dataclass(frozen=True)
class KnownSize:
    """One size.

    Fields:
        name: what people call it.
        published: the count that its authors give, in words.
        config: its architecture.
    """

    name: str
    published: str
    config: GPTConfig


def _gpt(n_layer: int, n_head: int, n_embd: int, block_size: int) -> GPTConfig:
    """GPT-2's architecture, whose output embedding is its token embedding."""
    sizes: dict[str, Any] = dict(n_layer=n_layer, n_head=n_head, n_embd=n_embd)
    return GPTConfig(
        block_size=block_size,
        vocab_size=GPT2_TOKENS,
        tie_weights=True,
        activation="gelu_tanh",
        **sizes,
    )


LECTURE = GPTConfig(
    block_size=256,
    vocab_size=65,
    n_layer=6,
    n_head=6,
    n_embd=384,
    activation="relu",
    qkv_bias=False,
    head_bias=True,
)

KNOWN_SIZES = (
    KnownSize("the lecture's last", "10.8 million", LECTURE),
    KnownSize("GPT-2, small", "124 million", _gpt(12, 12, 768, 1024)),
    KnownSize("GPT-2, medium", "355 million", _gpt(24, 16, 1024, 1024)),
    KnownSize("GPT-2, large", "774 million", _gpt(36, 20, 1280, 1024)),
    KnownSize("GPT-2, XL", "1.5 billion", _gpt(48, 25, 1600, 1024)),
    KnownSize("GPT-3, 13 B", "13 billion", _gpt(40, 40, 5120, 2048)),
    KnownSize("GPT-3, 175 B", "175 billion", _gpt(96, 96, 12_288, 2048)),
)
