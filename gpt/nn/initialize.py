"""How a model starts: the first value of every weight."""

from __future__ import annotations

import math

from torch import nn

from gpt.nn.config import GPTConfig

GPT2_STD = 0.02


def initialize(model: nn.Module, config: GPTConfig) -> None:
    """Draw the first weights, as `config.init` and `config.zero_init` say.

    With `torch` they stay as PyTorch drew them.
    """
    if config.init != "torch":
        _as_gpt2(model, config)
    elif config.zero_init:
        for name, weight in model.named_parameters():
            if name.endswith("proj.weight"):
                nn.init.zeros_(weight)


def _as_gpt2(model: nn.Module, config: GPTConfig) -> None:
    """Normal with 0.02; the last matrix of each branch with 0.02/sqrt(2L).

    With `unit_qk`, queries and keys have variance 1 if their input does.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=GPT2_STD)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
    std = 0.0 if config.zero_init else GPT2_STD / math.sqrt(2 * max(1, config.n_layer))
    for name, weight in model.named_parameters():
        if name.endswith("proj.weight"):
            nn.init.normal_(weight, std=std)
        if config.init == "unit_qk" and name.endswith(("query.weight", "key.weight")):
            nn.init.normal_(weight, std=config.n_embd**-0.5)
