"""Ablation: what changes without one head. It is exact, because the model runs again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.nn.switches import DEFAULT, Switches

Head = tuple[int, int]

MOST_LOGITS = 1 << 25
"""Numbers in one batch of logits, at most: 128 MiB."""


@dataclass(frozen=True, eq=False)
class LossAndLogits:
    """What a model says about some texts.

    Fields:
        loss: mean over every token but each text's first, in nats; nan for texts of one token.
        logits: (V,) after the last token of the first text.
    """

    loss: float
    logits: np.ndarray


@dataclass(frozen=True, eq=False)
class Effects:
    """What switching off each head by itself changes.

    Fields:
        as_is: the model with every head that the switches leave on.
        losses: (L, H), with that head off too, in nats; nan for a head that was not tried yet.
        logits: (L, H, V), the same for the logits after the last token.
    """

    as_is: LossAndLogits
    losses: np.ndarray
    logits: np.ndarray

    @property
    def on_loss(self) -> np.ndarray:
        """(L, H): loss without the head − loss with it; above 0, the head helps."""
        return self.losses - self.as_is.loss

    def missing(self) -> list[Head]:
        """The heads that were not tried yet."""
        return [(int(l), int(h)) for l, h in np.argwhere(np.isnan(self.logits[..., 0]))]

    def on_logit(self, token: int) -> np.ndarray:
        """(L, H): a token's logit without the head − with it; below 0, the head speaks for it."""
        return self.logits[..., token] - self.as_is.logits[token]


@torch.no_grad()
def read(model: GPT, ids: np.ndarray, switches: Switches = DEFAULT) -> LossAndLogits:
    """Run a model on texts of one length, ids (B, T), without looking inside."""
    device = next(model.parameters()).device
    tensor = torch.as_tensor(np.asarray(ids), dtype=torch.long, device=device)
    at_once = max(1, MOST_LOGITS // (tensor.shape[1] * model.config.vocab_size))
    losses, last = [], None
    for some in tensor.split(at_once):
        logits = model.eval()(some, switches).float()
        last = logits[0, -1].cpu().numpy() if last is None else last
        losses.append(_loss(logits, some) * len(some))
    assert last is not None
    return LossAndLogits(sum(losses) / len(tensor), last)


def one_by_one(
    model: GPT, ids: np.ndarray, switches: Switches, heads: Iterable[Head]
) -> Iterator[tuple[Head, LossAndLogits]]:
    """Each head in turn, with what the model says when it is off too.

    Args:
        ids: (B, T), texts of one length.
        switches: changes that stay all the while.
    """
    for head in heads:
        off = replace(switches, heads_off=frozenset({*switches.heads_off, head}))
        yield head, read(model, ids, off)


def effects(model: GPT, ids: np.ndarray, switches: Switches = DEFAULT) -> Effects:
    """What switching off each head by itself changes: 1 + L × H forward passes."""
    all_effects = untried(model, read(model, ids, switches))
    for (l, h), reading in one_by_one(model, ids, switches, all_effects.missing()):
        all_effects.losses[l, h], all_effects.logits[l, h] = reading.loss, reading.logits
    return all_effects


def untried(model: GPT, as_is: LossAndLogits) -> Effects:
    """Effects of no head yet; the caller fills them in, and can show how far it is."""
    shape = model.config.n_layer, model.config.n_head
    logits = np.full((*shape, len(as_is.logits)), np.nan, dtype=np.float32)
    return Effects(as_is, np.full(shape, np.nan), logits)


def _loss(logits: torch.Tensor, ids: torch.Tensor) -> float:
    if ids.shape[1] < 2:
        return float("nan")
    return cross_entropy(logits[:, :-1], ids[:, 1:]).item()
