"""Ablation: what changes without one head. It is exact, because the model runs again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.nn.switches import DEFAULT, Switches, by_site, main_site

Head = tuple[int, int]

MOST_LOGITS = 1 << 25
"""Numbers in one batch of logits, at most: 128 MiB."""


@dataclass(frozen=True, eq=False)
class LossAndLogits:
    """What a model says about some texts.

    Fields:
        loss: mean over every token but each text's first, in nats; nan for texts of one token, and
            for a classifier.
        logits: (V,) after the last token of the first text; (K,) of its labels, by a classifier.
    """

    loss: float
    logits: np.ndarray


@dataclass(frozen=True, eq=False)
class Effects:
    """What switching off each head by itself changes.

    Fields:
        as_is: the model with every head that the switches leave on.
        losses: (L, H), with that head off too, in nats; nan for a head that was not tried yet.
        logits: (L, H, V), the same for the logits after the last token, or (L, H, K) of labels.
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
def read(
    model: GPT,
    ids: np.ndarray,
    switches: Switches | Mapping[str, Switches] = DEFAULT,
    source: Sequence[int] | None = None,
) -> LossAndLogits:
    """Run a model on texts of one length, ids (B, T), without looking inside.

    Args:
        switches: by site, for a model with several.
        source: the ids that the encoder of a model of two texts reads.
    """
    device = next(model.parameters()).device
    tensor = torch.as_tensor(np.asarray(ids), dtype=torch.long, device=device)
    at_once = max(1, MOST_LOGITS // (tensor.shape[1] * model.config.vocab_size))
    of_site = by_site(switches, model.sites)
    changes = of_site if len(of_site) > 1 else of_site[main_site(of_site)]
    losses, last = [], None
    for some in tensor.split(at_once):
        logits = model.eval()(some, changes, **_source(source, len(some), device)).float()
        by_text = logits.ndim == 2  # a classifier's (B, K)
        last = (logits[0] if by_text else logits[0, -1]).cpu().numpy() if last is None else last
        losses.append((float("nan") if by_text else _loss(logits, some)) * len(some))
    assert last is not None
    return LossAndLogits(sum(losses) / len(tensor), last)


@torch.no_grad()
def token_losses(model: GPT, ids: np.ndarray, switches: Switches = DEFAULT) -> np.ndarray:
    """The loss of every token but each text's first, in nats: (B, T) ids to (B, T − 1).

    Args:
        model: of one text, which writes tokens.
        ids: texts of one length.
    """
    tensor = torch.as_tensor(np.asarray(ids), device=next(model.parameters()).device)
    at_once = max(1, MOST_LOGITS // (tensor.shape[1] * model.config.vocab_size))
    losses = []
    for some in tensor.split(at_once):
        logits = model.eval()(some, switches)[:, :-1].float()
        losses.append(F.cross_entropy(logits.mT, some[:, 1:], reduction="none").cpu())
    return torch.cat(losses).numpy()


def _source(source: Sequence[int] | None, B: int, device: Any) -> dict[str, torch.Tensor]:
    """The source of B targets, as the model takes it."""
    if source is None:
        return {}
    ids = torch.as_tensor(list(source), dtype=torch.long, device=device)
    return {"source": ids.expand(B, -1)}  # (S,) -> (B, S)


def one_by_one(
    model: GPT,
    ids: np.ndarray,
    switches: Switches,
    heads: Iterable[Head],
    source: Sequence[int] | None = None,
    site: str = "",
) -> Iterator[tuple[Head, LossAndLogits]]:
    """Each head in turn, with what the model says when it is off too.

    Args:
        ids: (B, T), texts of one length.
        switches: changes that stay all the while, of the site.
        source: the ids that the encoder of a model of two texts reads.
        site: whose heads; "": the decoder's, or those of the only site.
    """
    for head in heads:
        off = replace(switches, heads_off=frozenset({*switches.heads_off, head}))
        yield head, read(model, ids, {site: off} if site else off, source)


def effects(model: GPT, ids: np.ndarray, switches: Switches = DEFAULT) -> Effects:
    """What switching off each head by itself changes: 1 + L × H forward passes."""
    all_effects = untried(model, read(model, ids, switches))
    for (l, h), reading in one_by_one(model, ids, switches, all_effects.missing()):
        all_effects.losses[l, h], all_effects.logits[l, h] = reading.loss, reading.logits
    return all_effects


def untried(model: GPT, as_is: LossAndLogits, site: str = "") -> Effects:
    """Effects of no head yet; the caller fills them in, and can show how far it is.

    Args:
        site: whose heads; "": the decoder's, or those of the only site.
    """
    shape = len(model.sites[site or main_site(model.sites)]), model.config.n_head
    logits = np.full((*shape, len(as_is.logits)), np.nan, dtype=np.float32)
    return Effects(as_is, np.full(shape, np.nan), logits)


def _loss(logits: torch.Tensor, ids: torch.Tensor) -> float:
    if ids.shape[1] < 2:
        return float("nan")
    return cross_entropy(logits[:, :-1], ids[:, 1:]).item()
