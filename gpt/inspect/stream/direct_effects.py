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

from gpt.inspect.site import AttentionSite
from gpt.inspect.stream.frozen_norm import Numbers, frozen_norm, state_after
from gpt.inspect.stream.readout import Readout, difference, of_labels, of_tokens
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
        position: 0 to T−1; the logit is that of the token after it. None: that of a label, which is
            read from the whole text.
        token, against: the token or label whose logit it is, and the one whose logit is subtracted
            from it (None: none is).
        logit: as the model computed it.
    """

    position: int | None
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
    readout = of_tokens(model, trace, position, _chosen(token, against))
    parts = list(_parts(model, trace, readout))
    return DirectEffects(position, token, against, parts, difference(readout.logits))


def label_effects(
    model: GPT, trace: Trace, label: int, against: int | None = None
) -> DirectEffects:
    """Split the logit of a classifier's label into what each part of the model adds to it.

    Where the label is read from the mean of all states, a part's effect is its mean over the
    positions.

    Args:
        trace: of this model.
        label: the label, 0 to K−1, whose logit it is.
        against: another label; its logit is subtracted, part by part.

    Raises:
        PromptError: a label that is not there, or a model that gives none.
        ConfigError: a model whose logits are no sum over its stream; the message says why.
    """
    readout = of_labels(model, trace, _chosen(label, against))
    parts = list(_parts(model, trace, readout))
    return DirectEffects(None, label, against, parts, difference(readout.logits))


def _chosen(target: int, against: int | None) -> list[int]:
    return [target] if against is None else [target, against]


def _parts(model: GPT, trace: Trace, readout: Readout) -> Iterator[PartEffect]:
    """What everything in the stream, and after it, adds to what is read."""
    norm = frozen_norm(model, trace).at(readout.positions)
    for name, branch, state, vectors, head in _written(model, trace, readout.positions):
        yield PartEffect(name, branch, readout.push(norm.apply(vectors, state)), head)
    if norm.norms and norm.bias.any():
        yield PartEffect("norm bias", "norm bias", readout.push(norm.bias))
    if readout.biases is not None:
        yield PartEffect("output bias", "output bias", difference(readout.biases))


Written = tuple[str, str, int, Numbers, tuple[int, int] | None]
"""A part's name and branch, its place in the stream (as `Trace.residual` counts), its vectors
(P, C) at P positions and, of a head, which one."""


def _written(model: GPT, trace: Trace, at: slice) -> Iterator[Written]:
    """Everything that the model writes into the stream at some positions, in order."""
    yield "token embedding", "embedding", 0, _wide(trace.token_embedding[at]), None
    if (vectors := trace.position_embedding[at]).any():
        yield "position embedding", "embedding", 0, _wide(vectors), None
    for l in range(trace.config.n_layer):
        yield from _attended(model, trace, l, at)
        if "cross" in trace.sites:
            yield from _attended(model, trace.cross, l, at)
        if trace.config.feed_forward:
            state = state_after(model.config, l, "MLP")
            yield f"L{l} MLP", f"L{l} MLP", state, _wide(trace.mlp_out[l, at]), None


def _attended(model: GPT, site: AttentionSite, layer: int, at: slice) -> Iterator[Written]:
    """What the heads of one attention and its bias write at some positions."""
    kind = "cross" if site.is_cross else "attention"
    state, branch = state_after(model.config, layer, kind), f"L{layer} {kind}"
    heads = _contributions(model, site, layer, at)  # (H, P, C)
    for h, vectors in enumerate(heads):
        name = f"L{layer} cross H{h}" if site.is_cross else f"L{layer} H{h}"
        yield name, branch, state, vectors, None if site.is_cross else (layer, h)
    if site.attention_bias[layer].any():
        bias = np.broadcast_to(_wide(site.attention_bias[layer]), heads.shape[1:])
        yield f"{branch} bias", branch, state, bias, None


@torch.no_grad()
def _contributions(model: GPT, site: AttentionSite, layer: int, at: slice) -> Numbers:
    """(H, P, C): what each head adds at some positions; `contribution` computes all of them."""
    attention = model.sites[site.name][layer]
    slices = [attention.head_slice(h).double().cpu().numpy() for h in range(attention.n_head)]
    heads = _wide(site.head_out[layer, :, at])  # (H, P, D)
    contributions = np.stack([out @ piece for out, piece in zip(heads, slices, strict=True)])
    off = [h for l, h in site.switches.heads_off if l == layer]
    contributions[off] = 0
    return contributions


def _wide(array: np.ndarray) -> Numbers:
    return array.astype(np.float64)
