"""Direct effects: what each part of the model adds to one logit, adding up to that logit.

The residual stream is a sum: the embeddings, and what each head, each bias and each MLP adds.
With every norm on the way held at this input (`frozen_norm`) the logit is a sum over the same
parts. What a part makes later layers do is theirs, not its own: the effect is direct.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch

from gpt.errors import PromptError
from gpt.inspect.site import AttentionSite
from gpt.inspect.stream.frozen_norm import Numbers, frozen_norm, place_of, to_logits
from gpt.inspect.trace import Trace
from gpt.nn.model import GPT


@dataclass(frozen=True)
class PartEffect:
    """Something that writes into the residual stream, or comes after it.

    Fields:
        name: as on screen.
        branch: the group that it belongs to when parts are added up.
        value: what it adds to the logit.
        head: (layer, head), for heads of self-attention only.
    """

    name: str
    branch: str
    value: float
    head: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class DirectEffects:
    """The parts of one logit, or of the difference of two, in the order of the stream.

    Fields:
        position: 0 to T−1; the logit is that of the token after it.
        token, against: the token whose logit it is, and the one whose logit is subtracted from it
            (None: none is).
        logit: as the model computed it.
    """

    position: int
    token: int
    against: int | None
    parts: list[PartEffect]
    logit: float

    @property
    def total(self) -> float:
        """The sum of the parts, which is the logit but for rounding."""
        return sum(part.value for part in self.parts)

    def branches(self) -> list[PartEffect]:
        """One effect a branch: the sum of its parts."""
        groups = groupby(self.parts, key=lambda part: part.branch)
        return [PartEffect(name, name, sum(part.value for part in parts)) for name, parts in groups]

    def heads(self, shape: tuple[int, int]) -> Numbers:
        """(L, H): the effects of the heads."""
        effects = np.zeros(shape)
        for part in self.parts:
            if part.head is not None:
                effects[part.head] = part.value
        return effects


def direct_effects(
    model: GPT, trace: Trace, position: int, token: int, against: int | None = None
) -> DirectEffects:
    """Split the logit of a next token into what each part of the model adds to it.

    Args:
        trace: of this model.
        position: 0 to T−1; the logit is that of the token after it.
        token: the token whose logit it is.
        against: another token; its logit is subtracted, part by part.

    Raises:
        PromptError: a position or a token that is not there.
        ConfigError: a model whose logits are no sum over its stream; the message says why.
    """
    _check(trace, position, token, against)
    norm = frozen_norm(model, trace).at(position)
    tokens = [token] if against is None else [token, against]
    parts = []
    for name, branch, place, vector, head in _written(model, trace, position):
        value = _push(model, norm.apply(vector[None], place), tokens)
        parts.append(PartEffect(name, branch, value, head))
    if norm.norms and norm.bias.any():
        parts.append(PartEffect("norm bias", "norm bias", _push(model, norm.bias, tokens)))
    if (bias := _unembedding_bias(model)) is not None:
        parts.append(PartEffect("output bias", "output bias", _difference(bias[tokens])))
    logit = _difference(trace.logits_at(position)[tokens].astype(np.float64))
    return DirectEffects(position, token, against, parts, logit)


Written = tuple[str, str, int, Numbers, tuple[int, int] | None]
"""A part's name and branch, its place in the stream (as `Trace.residual` counts), its vector (C,)
and, of a head, which one."""


def _written(model: GPT, trace: Trace, position: int) -> Iterator[Written]:
    """Everything that the model writes into the stream at a position, in order."""
    yield "token embedding", "embedding", 0, _wide(trace.token_embedding[position]), None
    if (vector := trace.position_embedding[position]).any():
        yield "position embedding", "embedding", 0, _wide(vector), None
    for l in range(trace.config.n_layer):
        yield from _attended(model, trace, l, position)
        if "cross" in trace.sites:
            yield from _attended(model, trace.cross, l, position)
        if trace.config.feed_forward:
            place = place_of(model.config, l, "MLP")
            yield f"L{l} MLP", f"L{l} MLP", place, _wide(trace.mlp_out[l, position]), None


def _attended(model: GPT, site: AttentionSite, layer: int, position: int) -> Iterator[Written]:
    """What the heads of one attention and its bias write at a position."""
    kind = "cross" if site.is_cross else "attention"
    place, branch = place_of(model.config, layer, kind), f"L{layer} {kind}"
    for h, vector in enumerate(_contributions(model, site, layer, position)):
        name = f"L{layer} cross H{h}" if site.is_cross else f"L{layer} H{h}"
        yield name, branch, place, vector, None if site.is_cross else (layer, h)
    if site.attention_bias[layer].any():
        yield f"{branch} bias", branch, place, _wide(site.attention_bias[layer]), None


@torch.no_grad()
def _contributions(model: GPT, site: AttentionSite, layer: int, position: int) -> Numbers:
    """(H, C): what each head adds at one position; `contribution` computes all positions."""
    attention = model.sites[site.name][layer]
    slices = [attention.head_slice(h).double().cpu().numpy() for h in range(attention.n_head)]
    heads = _wide(site.head_out[layer, :, position])
    contributions = np.stack([out @ piece for out, piece in zip(heads, slices, strict=True)])
    off = [h for l, h in site.switches.heads_off if l == layer]
    contributions[off] = 0
    return contributions


def _push(model: GPT, normed: Numbers, tokens: list[int]) -> float:
    """What a vector (1, C), past the norm, adds to a logit or to the difference of two."""
    return _difference(to_logits(model, normed, tokens)[0])


def _difference(logits: Numbers) -> float:
    return float(logits[0] - logits[1]) if len(logits) == 2 else float(logits[0])


def _unembedding_bias(model: GPT) -> Numbers | None:
    bias: torch.Tensor | None = model.lm_head.bias
    return None if bias is None else bias.detach().double().cpu().numpy()


def _wide(array: np.ndarray) -> Numbers:
    return array.astype(np.float64)


def _check(trace: Trace, position: int, token: int, against: int | None) -> None:
    T, V = len(trace.ids), trace.config.vocab_size
    if not 0 <= position < T:
        raise PromptError(f"there is no position {position}; the prompt's are 0 to {T - 1:,}")
    for one in (token, against):
        if one is not None and not 0 <= one < V:
            raise PromptError(f"there is no token {one}; the vocabulary's are 0 to {V - 1:,}")
