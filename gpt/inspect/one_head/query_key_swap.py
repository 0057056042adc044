"""Swap queries and keys: which matrix asks and which one answers was settled by training.

A score is q · k, and with both matrices exchanged it is k · q: every score map is transposed. What
the model learned hangs on who asks, so its loss rises; a model that had been born so would have
learned as well, since nothing else in the code tells the two apart. Source: lecture, 1:02:00.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch

from gpt.errors import PromptError
from gpt.inspect.trace import Trace, trace
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.nn.switches import Switches

LARGEST = 40_000_000
"""Parameters of the largest model whose queries and keys are swapped: it is copied for it."""

Head = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Swap:
    """A prompt read before and after queries and keys changed places.

    Fields:
        before, after: (T, T) the scores q · k of one head, after the swap in this head alone.
        loss: mean loss on the prompt in nats, as trained; nan for a prompt of one token.
        one_head, all_heads: the same after the swap in this head, and in every head.
    """

    before: np.ndarray
    after: np.ndarray
    loss: float
    one_head: float
    all_heads: float

    @property
    def from_transposed(self) -> float:
        """The largest |difference| of the scores after the swap from the transposed ones before."""
        return float(np.abs(self.after - self.before.T).max())


def swapped(model: GPT, heads: Collection[Head]) -> GPT:
    """A copy of a model whose queries and keys have changed places in some heads.

    Raises:
        PromptError: a model of more than `LARGEST` parameters.
    """
    if model.n_parameters > LARGEST:
        raise PromptError(
            f"the swap copies the model, and this one has {model.n_parameters:,} parameters; "
            f"choose a model of at most {LARGEST:,}"
        )
    other = deepcopy(model)
    for layer, head in heads:
        _swap(other, layer, head)
    return other.eval()


@torch.no_grad()
def _swap(model: GPT, layer: int, head: int) -> None:
    attention = model.blocks[layer].attn
    D = model.config.head_size
    rows = slice(head * D, (head + 1) * D)
    asks, answers = attention.query, attention.key
    for asking, answering in zip(asks.parameters(), answers.parameters(), strict=True):
        kept = asking[rows].clone()
        asking[rows] = answering[rows]
        answering[rows] = kept


def swap(model: GPT, ids: list[int], switches: Switches, layer: int, head: int) -> Swap:
    """Read a prompt with a decoder as it is, with one head swapped, and with all of them.

    Raises:
        PromptError: a model of more than `LARGEST` parameters.
    """
    config = model.config
    every = [(l, h) for l in range(config.n_layer) for h in range(config.n_head)]
    as_trained = trace(model, ids, switches)
    with_one = trace(swapped(model, [(layer, head)]), ids, switches)
    with_all = trace(swapped(model, every), ids, switches)
    scores = (of.of_head("scores", layer, head) for of in (as_trained, with_one))
    return Swap(next(scores), next(scores), *map(_loss, (as_trained, with_one, with_all)))


def _loss(of: Trace) -> float:
    """Mean loss in nats over the prompt's own tokens."""
    if len(of.ids) < 2:
        return float("nan")
    predicted, targets = torch.tensor(of.logits[:-1]), torch.tensor(of.ids[1:])
    return cross_entropy(predicted[None], targets[None]).item()
