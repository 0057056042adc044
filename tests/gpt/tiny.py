"""Tiny models and runs for tests: distinct sizes, so that a swapped axis cannot hide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.norms import BatchNorm
from gpt.text.corpus import Corpus, from_builtin
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from gpt.training.creation import create_run
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig

B, T, L, H, D, V = 5, 11, 2, 3, 7, 17
C = H * D  # 21
BLOCK = 13

# Whatever turns or pairs channels needs an even head.
EVEN = dict(n_embd=H * 10)

VARIANTS: dict[str, dict[str, Any]] = {
    "learned": dict(),
    "sinusoidal": dict(position="sinusoidal", **EVEN),
    "rotary": dict(position="rotary", **EVEN),
    "no positions": dict(position="none"),
    "post": dict(norm="post"),
    "no norm": dict(norm="none"),
    "relu": dict(activation="relu"),
    "gelu_tanh": dict(activation="gelu_tanh"),
    "squared_relu": dict(activation="squared_relu"),
    "qk_norm": dict(qk_norm=True),
    "rotary with qk_norm": dict(position="rotary", qk_norm=True, **EVEN),
    "no skip": dict(skip=False),
    "no skip, post": dict(skip=False, norm="post"),
    "no feed-forward": dict(feed_forward=False),
    "no projection": dict(projection=False),
    "no mask": dict(mask="none"),
    "no bias": dict(bias=False),
    "no bias, post": dict(bias=False, norm="post"),
    "tied": dict(tie_weights=True),
    "zero_init": dict(zero_init=True),
    "one head": dict(n_head=1),
    "narrow feed-forward": dict(mlp_ratio=1),
    "dropout": dict(dropout=0.5),
    "scaled by n_embd": dict(scale="n_embd"),
    "not scaled": dict(scale="none"),
    "unit_qk": dict(init="unit_qk"),
    "lecture": dict(activation="relu", qkv_bias=False, head_bias=True),
    "odd width and epsilon": dict(n_inner=37, norm_epsilon=0.03),
    "embedding norm": dict(embedding_norm=True),
    "batch norm": dict(norm_kind="batch"),
    "batch norm, post": dict(norm_kind="batch", norm="post"),
    "torch's own start": dict(init="torch"),
}

BIGRAM: dict[str, Any] = dict(n_layer=0, n_head=1, n_embd=V, position="none", norm="none")
"""Apart from the others: it has no layers, and so no heads."""

BERT: dict[str, Any] = dict(
    **dict(norm="post", mask="none", embedding_norm=True, norm_epsilon=1e-12),
    **dict(head_transform=True, head_bias=True, tie_weights=True),
)
"""Apart from the others: its logits are no sum over its residual stream."""


def config(**changes: Any) -> GPTConfig:
    """A GPTConfig of the sizes above, with some fields changed."""
    sizes = dict(block_size=BLOCK, vocab_size=V, n_layer=L, n_head=H, n_embd=C, mlp_ratio=5)
    return GPTConfig(**{**sizes, **changes})


@torch.no_grad()
def random_model(config: GPTConfig, seed: int = 1) -> GPT:
    """A model in evaluation mode whose every parameter is drawn, biases and norms included."""
    torch.manual_seed(seed)
    model = GPT(config)
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.5)
        elif isinstance(module, BatchNorm):
            nn.init.normal_(module.weight, mean=1.0, std=0.3)
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
        elif isinstance(module, nn.LayerNorm):
            nn.init.normal_(module.weight, mean=1.0, std=0.3)
        bias = getattr(module, "bias", None)
        if isinstance(bias, nn.Parameter):
            nn.init.normal_(bias, std=0.3)
    return model.eval()


def random_ids(count: int = T, seed: int = 3, vocab_size: int = V) -> list[int]:
    """Token ids drawn from a seed."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(vocab_size, (count,), generator=generator).tolist()


def copied(model: GPT, **changes: Any) -> GPT:
    """Another model with changed settings and, wherever the names agree, the same weights."""
    other = GPT(GPTConfig(**{**model.config.to_dict(), **changes}))
    own = other.state_dict()
    shared = {name: t.clone() for name, t in model.state_dict().items() if name in own}
    other.load_state_dict(shared, strict=False)
    return other.eval()


TRAINING = dict(
    steps=12,
    batch_size=3,
    learning_rate=1e-2,
    warmup_steps=2,
    eval_interval=4,
    eval_batches=2,
    log_interval=1,
    sample_tokens=3,
    device="cpu",
)
MODEL = dict(block_size=7, n_layer=1, n_head=2, n_embd=10, mlp_ratio=2)


def names(length: int = 1500) -> Corpus:
    """Generated names, one a line."""
    return from_builtin("names", length=length)


def new_run(
    path: Path,
    corpus: Corpus | None = None,
    model: dict[str, Any] | None = None,
    tokenizer: Tokenizer | None = None,
    **training: Any,
) -> Run:
    """A run folder of a tiny model, not trained yet."""
    corpus = corpus or names()
    tokenizer = tokenizer or CharacterTokenizer.of(corpus.text)
    config = GPTConfig(**{**MODEL, **(model or {}), "vocab_size": tokenizer.vocab_size})
    return create_run(path, config, TrainingConfig(**{**TRAINING, **training}), corpus, tokenizer)
