"""What sets a model apart from GPT-2, setting by setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpt.nn.config import GPTConfig

GPT2: dict[str, Any] = {
    "position": "learned",
    "norm": "pre",
    "norm_kind": "layer",
    "activation": "gelu_tanh",
    "mask": "causal",
    "scale": "head_size",
    "bias": True,
    "qkv_bias": True,
    "tie_weights": True,
    "qk_norm": False,
    "skip": True,
    "feed_forward": True,
    "projection": True,
    "norm_epsilon": 1e-5,
    "embedding_norm": False,
    "head_transform": False,
    "head_bias": False,
}
"""GPT-2's choices. What matters in training only (dropout, how weights start) is not among them."""


@dataclass(frozen=True)
class Difference:
    """One setting.

    Fields:
        name: the field of GPTConfig; "mlp_width" for the feed-forward layer's.
        got: this model's.
        gpt2: GPT-2's.
    """

    name: str
    got: Any
    gpt2: Any


def differences(config: GPTConfig) -> list[Difference]:
    """The settings in which a model is not GPT-2's, sizes aside."""
    differences = [
        Difference(name, getattr(config, name), theirs)
        for name, theirs in GPT2.items()
        if getattr(config, name) != theirs
    ]
    if config.feed_forward and config.n_layer and config.mlp_width != 4 * config.n_embd:
        differences.append(Difference("mlp_width", config.mlp_width, 4 * config.n_embd))
    return differences
