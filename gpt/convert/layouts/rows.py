"""A model of others may have more rows than its tokenizer has tokens; they are cut off.

Others fill embeddings up to a multiple of 64, 128 or more, because matrices of such sizes are
faster. Here a model has one row for each token (docs/adr/0026).
"""

from __future__ import annotations

from dataclasses import replace

import torch

from gpt.nn.build import build
from gpt.nn.model import GPT
from gpt.shape_only import shape_only
from gpt.weights_file import assembled, stored_weights

BY_TOKEN = ("wte.weight", "lm_head.weight", "lm_head.bias")
BY_SOURCE_TOKEN = ("encoder.wte.weight",)


def cut(model: GPT, vocab_size: int, source_vocab_size: int = 0) -> GPT:
    """The model of the first `vocab_size` tokens; their logits stay the same.

    Args:
        source_vocab_size: tokens of the source of a translation, if they are others.
    """
    config = model.config
    if not config.n_layer:
        return model
    V = min(vocab_size, config.vocab_size)
    source_V = min(source_vocab_size or V, config.source_vocab_size)
    if (V, source_V) == (config.vocab_size, config.source_vocab_size):
        return model
    with shape_only():
        smaller = build(replace(config, vocab_size=V, source_vocab_size=source_V))
    tensors = stored_weights(model)
    _cut(tensors, BY_TOKEN, V)
    _cut(tensors, BY_SOURCE_TOKEN, source_V)
    return assembled(smaller, tensors).eval()


def _cut(tensors: dict[str, torch.Tensor], names: tuple[str, ...], size: int) -> None:
    for name in names:
        if name in tensors:
            tensors[name] = tensors[name][:size].clone()
