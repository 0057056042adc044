"""Where a model's parameters are: by part, under GPT-2's names, down to each tensor."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gpt.inspect.architecture.formula import KINDS, kind_of
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.shape_only import shape_only

MEANING = {
    "wte": "token embedding: a row for each token",
    "wpe": "position embedding: a row for each position",
    "ln_e": "LayerNorm of the embeddings",
    "ln_1": "LayerNorm of the attention",
    "attn": "attention: queries, keys, values, output projection",
    "ln_cross": "LayerNorm of the cross-attention",
    "cross": "cross-attention: queries of the target, keys and values of the source",
    "ln_2": "LayerNorm of the feed-forward layer",
    "mlp": "feed-forward layer",
    "ln_f": "LayerNorm after the last block",
    "transform": "matrix and LayerNorm before the output embedding",
    "lm_head": "output embedding: the logits of every token",
    "pooler": "matrix and activation before the classification head",
    "class_head": "classification head: the logits of every label",
}
BLOCK = re.compile(r"(?:encoder\.)?h\.(\d+)")


@dataclass(frozen=True)
class Tensor:
    """One tensor of a model.

    Fields:
        name: as in a run's files ("h.0.attn.query.weight").
        shape: (out, in) of a matrix.
        count: its numbers.
    """

    name: str
    shape: tuple[int, ...]
    count: int


@dataclass(frozen=True)
class ModelPart:
    """One part of a model.

    Fields:
        name: "wte", "wpe", "h.0", …, "ln_f", "lm_head"; within a block "h.0.attn".
        meaning: what it does, in a few words.
        count: parameters that are its own.
        tensors: those directly in it.
        parts: what it is made of, for a block.
        tied_to: the part whose numbers it uses besides, if any ("wte").
    """

    name: str
    meaning: str
    count: int
    tensors: tuple[Tensor, ...]
    parts: tuple[ModelPart, ...] = ()
    tied_to: str | None = None


def breakdown(config: GPTConfig) -> list[ModelPart]:
    """The parts of a model of this config, in the order of the forward pass.

    Their counts add up to `count_parameters`; nothing is allocated.
    """
    return list(_parts(config))


@lru_cache(maxsize=32)  # a page asks several times each run
def _parts(config: GPTConfig) -> tuple[ModelPart, ...]:
    with shape_only():
        model = build(config)
    tensors = [
        Tensor(name, tuple(p.shape), math.prod(p.shape)) for name, p in model.named_parameters()
    ]
    names = [*_stack_names(config), "transform", "pooler", "class_head"]
    if config.n_encoder_layer:
        names = [*(f"encoder.{name}" for name in _stack_names(config.encoder)), *names]
    parts = [_part(name, tensors) for name in names]
    tied = "wte" if config.tie_weights else None
    head = _part("lm_head", tensors, tied)
    return tuple(part for part in [*parts, head] if part.count or part.tied_to)


def _stack_names(config: GPTConfig) -> list[str]:
    """The parts from the embeddings to the last norm."""
    return ["wte", "wpe", "ln_e", *(f"h.{l}" for l in range(config.n_layer)), "ln_f"]


def by_kind(config: GPTConfig) -> tuple[list[str], NDArray[np.int64]]:
    """The names of the parts, and how many parameters of each kind of `KINDS` each has.

    Returns:
        (parts), (kinds, parts).
    """
    parts = breakdown(config)
    counts = np.zeros((len(KINDS), len(parts)), dtype=np.int64)
    for column, part in enumerate(parts):
        for inner in part.parts or (part,):
            counts[KINDS.index(kind_of(inner.name)), column] += inner.count
    return [part.name for part in parts], counts


def _part(name: str, tensors: list[Tensor], tied_to: str | None = None) -> ModelPart:
    own = tuple(tensor for tensor in tensors if tensor.name.startswith(f"{name}."))
    count = sum(tensor.count for tensor in own)
    of_encoder = "of the encoder: " if name.startswith("encoder.") else ""
    block = BLOCK.fullmatch(name)
    if block is None:
        meaning = f"{of_encoder}{MEANING[name.split('.')[-1]]}"
        return ModelPart(name, meaning, count, own, (), tied_to)
    inner = tuple(_inner(name, own))
    crossed = any(part.name.endswith(".cross") for part in inner)
    does = "attention, cross-attention, then" if crossed else "attention, then"
    meaning = f"{of_encoder}block {block[1]}: {does} feed-forward"
    return ModelPart(name, meaning, count, (), inner)


def _inner(block: str, tensors: tuple[Tensor, ...]) -> Iterator[ModelPart]:
    for name in ("ln_1", "attn", "ln_cross", "cross", "ln_2", "mlp"):
        part = _part(f"{block}.{name}", list(tensors))
        if part.count:
            yield part
