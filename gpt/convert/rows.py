"""A model of others may have more rows than its tokenizer has tokens; they are cut off.

Others fill embeddings up to a multiple of 64, 128 or more, because matrices of such sizes are
faster. Here a model has one row for each token (docs/adr/0026).
"""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from gpt.checkpoint import assembled, stored_weights
from gpt.nn.model import GPT
from gpt.shape_only import shape_only

BY_TOKEN = ("wte.weight", "lm_head.weight", "lm_head.bias")


def cut(model: GPT, vocab_size: int) -> GPT:
    """The model of the first `vocab_size` tokens; their logits stay the same."""
    if vocab_size >= model.config.vocab_size or not isinstance(model.lm_head, nn.Linear):
        return model
    with shape_only():
        smaller = GPT(replace(model.config, vocab_size=vocab_size))
    tensors = stored_weights(model)
    for name in BY_TOKEN:
        if name in tensors:
            tensors[name] = tensors[name][:vocab_size].clone()
    return assembled(smaller, tensors).eval()
