"""What sets a model apart from GPT-2 and from the lecture's last model, setting by setting."""

from __future__ import annotations

from collections.abc import Mapping
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


LECTURE: dict[str, Any] = GPT2 | {
    "activation": "relu",
    "qkv_bias": False,
    "tie_weights": False,
    "head_bias": True,
    "zero_init": False,
}
"""The choices of the last model of *Let's build GPT*, and how its branches start."""


@dataclass(frozen=True)
class Difference:
    """One setting.

    Fields:
        name: the field of GPTConfig; "mlp_width" for the feed-forward layer's.
        got: this model's.
        theirs: that of the model it is compared with.
    """

    name: str
    got: Any
    theirs: Any


def differences(config: GPTConfig, others: Mapping[str, Any] = GPT2) -> list[Difference]:
    """The settings in which a model is not as another, sizes aside.

    Args:
        others: the other model's, `GPT2` or `LECTURE`.
    """
    differences = [
        Difference(name, getattr(config, name), theirs)
        for name, theirs in others.items()
        if getattr(config, name) != theirs
    ]
    if config.feed_forward and config.n_layer and config.mlp_width != 4 * config.n_embd:
        differences.append(Difference("mlp_width", config.mlp_width, 4 * config.n_embd))
    return differences
