"""Weight change: how far each head and each part has moved between two models of one architecture.

Source of putting back: activation patching (Vig et al., 2020, arXiv 2004.12265), here of weights.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from gpt.nn.attention import Attention
from gpt.nn.model import GPT

Loss = Callable[[GPT], float]
BLOCK = re.compile(r"h\.(\d+)\.(attn|mlp|ln_\d)\.")


@dataclass(frozen=True, eq=False)
class WeightChange:
    """How far the weights of a model have moved.

    Fields:
        heads: (L, H) ‖Δ‖ over a head's rows of query, key and value, and its columns of the output
            projection.
        parts: ‖Δ‖ of each part: "wte", "h.0.attn", "h.0.mlp", …, "lm_head".
        before: ‖W‖ of each part, before.
    """

    heads: np.ndarray
    parts: dict[str, float]
    before: dict[str, float]


@dataclass(frozen=True, eq=False)
class PutBack:
    """What the loss is with some weights as they were before, and all others as they are after.

    Fields:
        as_is: with all weights as they are after, in nats.
        heads: (L, H) with those of one head put back.
        parts: with those of one part put back, by its name.
    """

    as_is: float
    heads: np.ndarray
    parts: dict[str, float]

    @property
    def of_heads(self) -> np.ndarray:
        """(L, H) how much the loss changes; above 0, what the head has learned helps."""
        return self.heads - self.as_is


def weight_change(before: GPT, after: GPT) -> WeightChange:
    """The norms of what changed.

    Raises:
        ValueError: models of different architectures.
    """
    _check_same(before, after)
    heads = [[_norm(_changes(before, after, head)) for head in row] for row in _every_head(after)]
    parts: dict[str, list[torch.Tensor]] = {}
    weights: dict[str, list[torch.Tensor]] = {}
    others = dict(before.named_parameters())
    for name, tensor in after.named_parameters():
        parts.setdefault(part_of(name), []).append(tensor - others[name])
        weights.setdefault(part_of(name), []).append(others[name])
    return WeightChange(
        np.array(heads),
        {part: _norm(tensors) for part, tensors in parts.items()},
        {part: _norm(tensors) for part, tensors in weights.items()},
    )


def part_of(name: str) -> str:
    """The part that a parameter belongs to.

    >>> part_of("h.1.attn.query.weight"), part_of("lm_head.weight")
    ('h.1.attn', 'lm_head')
    """
    block = BLOCK.match(name)
    return block.group(0)[:-1] if block else name.split(".")[0]


@torch.no_grad()
def put_back(before: GPT, after: GPT, loss: Loss) -> PutBack:
    """Put each head's weights back by themselves, and each part's: 1 + L × H + parts losses.

    Args:
        loss: of a model, in nats; called with changed copies of `after`.

    Raises:
        ValueError: models of different architectures.
    """
    _check_same(before, after)
    mixed = copy.deepcopy(after)
    as_is = loss(mixed)
    heads = np.array(
        [[_with_head(mixed, before, h, loss) for h in row] for row in _every_head(after)]
    )
    names: dict[str, list[str]] = {}
    for name, _ in after.named_parameters():
        names.setdefault(part_of(name), []).append(name)
    parts = {part: _with_part(mixed, before, of, loss) for part, of in names.items()}
    return PutBack(as_is, heads, parts)


def _check_same(before: GPT, after: GPT) -> None:
    if before.config != after.config:
        raise ValueError("the two models have different architectures, so no weight is the other's")


def _every_head(model: GPT) -> list[list[tuple[int, int]]]:
    H = model.config.n_head
    return [[(layer, head) for head in range(H)] for layer in range(len(model.blocks))]


def _of_head(attention: Attention, head: int) -> Iterator[torch.Tensor]:
    """Views of the weights that belong to one head alone."""
    D = attention.query.out_features // attention.n_head
    rows = slice(head * D, (head + 1) * D)
    for linear in (attention.query, attention.key, attention.value):
        yield linear.weight[rows]
        if linear.bias is not None:
            yield linear.bias[rows]
    if attention.proj is not None:
        yield attention.proj.weight[:, rows]


def _changes(before: GPT, after: GPT, head: tuple[int, int]) -> list[torch.Tensor]:
    layer, number = head
    both = (_of_head(model.blocks[layer].attn, number) for model in (before, after))
    return [new - old for old, new in zip(*both, strict=True)]


def _norm(tensors: list[torch.Tensor]) -> float:
    return math.sqrt(sum(float((tensor.detach().double() ** 2).sum()) for tensor in tensors))


def _with_head(mixed: GPT, before: GPT, head: tuple[int, int], loss: Loss) -> float:
    layer, number = head
    own = list(_of_head(mixed.blocks[layer].attn, number))
    old = list(_of_head(before.blocks[layer].attn, number))
    return _swapped(own, old, loss, mixed)


def _with_part(mixed: GPT, before: GPT, names: list[str], loss: Loss) -> float:
    own: Mapping[str, torch.Tensor] = dict(mixed.named_parameters())
    old: Mapping[str, torch.Tensor] = dict(before.named_parameters())
    return _swapped([own[n] for n in names], [old[n] for n in names], loss, mixed)


def _swapped(own: list[torch.Tensor], old: list[torch.Tensor], loss: Loss, mixed: GPT) -> float:
    """The loss with some weights as they were; then they are as before the call."""
    kept = [tensor.clone() for tensor in own]
    for tensor, earlier in zip(own, old, strict=True):
        tensor.copy_(earlier)
    value = loss(mixed)
    for tensor, now in zip(own, kept, strict=True):
        tensor.copy_(now)
    return value
