"""site: the attention of one forward pass at one site, with the stages of every head.

A decoder attends at one site. A model of two texts attends at several: its encoder's tokens look at
each other, its decoder's too, and in cross-attention the decoder's tokens look at the encoder's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from gpt.errors import CheckpointError
from gpt.inspect.heads.head_entropy import row_entropy
from gpt.inspect.large import LargeRecorder, visible_matrix, weights_of_head
from gpt.inspect.maps import Maps, is_large
from gpt.inspect.stage_recorder import StageRecorder
from gpt.nn.attention import Attention
from gpt.nn.config import GPTConfig
from gpt.nn.switches import Resolved, Switches

SMALL = 1 << 20
"""Numbers up to which what follows from the weights of the model is computed at once."""


def is_small(count: int) -> bool:
    """Whether so many numbers are computed with the trace, rather than when they are asked for."""
    return count <= SMALL


class Unchanged:
    """Watches whether a model has changed since a trace was made of it."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._model, self._versions = model, self._counts(model)

    def check(self) -> None:
        """Raises: CheckpointError if the model has been trained since, or changed otherwise."""
        if self._counts(self._model) != self._versions:
            raise CheckpointError(
                "the model has changed since this trace was made; trace the prompt again"
            )

    @staticmethod
    def _counts(model: torch.nn.Module) -> list[int]:
        """A count for each parameter that grows whenever the parameter is changed.

        `model.parameters()` would take twenty times as long: it builds names and looks for doubles.
        """
        counts, modules = [], [model]
        while modules:
            module = modules.pop()
            counts += [p._version for p in module._parameters.values() if p is not None]
            modules += [child for child in module._modules.values() if child is not None]
        return counts


@dataclass(frozen=True, eq=False)
class Observed:
    """What a forward pass leaves behind of one attention site.

    Fields:
        name: "decoder", "encoder" or "cross".
        attentions: the attention of each layer.
        config: the model's.
        query_tokens, key_tokens: (T,) and (S,) ids.
        switches, rule: how the site was run.
        recorder: holds the stages.
        unchanged: tells whether the model has changed since.
    """

    name: str
    attentions: Sequence[Attention]
    config: GPTConfig
    query_tokens: np.ndarray
    key_tokens: np.ndarray
    switches: Switches
    rule: Resolved
    recorder: StageRecorder
    unchanged: Unchanged


class AttentionSite:
    """Every stage of the attention at one site, as numpy float32: T queries, S keys.

    Attributes:
        name: "decoder", "encoder" or "cross".
        config, switches: the model's architecture, and how this site was run.
        scale: the number that multiplied q · k.
        query_tokens: (T,) ids of the tokens that look.
        key_tokens: (S,) ids of the tokens that are looked at; in self-attention the same.
        visible: (T, S) bool, True where query i may see key j; False for a key that is padding.
        attention_in, attention_out: (L, T, C), what the queries were made of (after the norm), and
            what attention gave.
        keys_in: (L, S, C), what keys and values were made of; in self-attention `attention_in`.
        queries: (L, H, T, D); keys, values: (L, H, S, D), after query/key norm and rotation.
        weights: (L, H, T, S), as they were used; every row sums to 1. See `maps` if it is large.
        row_entropy: (L, H, T), how widely each query spreads its weights, in nats.
        row_top: (L, H, T), the largest weight of each query.
        peaks: (L, H, s, s'), the largest weight of each block (`maps.block_starts`) of a large
            trace's maps; None if the weights are kept.
        head_out: (L, H, T, D), weights @ values.
        scores, scaled, masked: (L, H, T, S), computed from queries and keys when asked for.
        contribution: (L, H, T, C), what each head added to attention_out; over heads, and with
            `attention_bias`, they add up to it.
        projections: (L, H, D, C), each head's slice of the output projection.
        attention_bias: (L, C), the bias of each output projection, zero if it has none.
    """

    def __init__(self, observed: Observed) -> None:
        config, rule, attentions = observed.config, observed.rule, observed.attentions
        self.name, self.config, self.switches = observed.name, config, observed.switches
        self.query_tokens, self.key_tokens = observed.query_tokens, observed.key_tokens
        self.scale = rule.scale
        self._attentions, self._rule, self._unchanged = attentions, rule, observed.unchanged
        T, S = len(self.query_tokens), len(self.key_tokens)
        mask = visible_matrix(rule, T, S)
        self.visible = np.ones((T, S), bool) if mask is None else mask.cpu().numpy()
        self._keep(observed.recorder, attentions[0].n_head if attentions else config.n_head)
        if is_small(len(attentions) * config.n_embd**2):
            self.projections = self._projections_now()
        self.attention_bias = _biases(attentions, config.n_embd)

    def _keep(self, recorder: StageRecorder, H: int) -> None:
        """Take over what was recorded, of H heads a layer."""
        C, D = self.config.n_embd, self.config.n_embd // H
        T, S = len(self.query_tokens), len(self.key_tokens)
        layers = recorder.layers
        self.attention_in = of_layers(layers, "attention_in", (T, C))
        self.keys_in = layers.get("keys_in", self.attention_in)
        self.attention_out = of_layers(layers, "attention_out", (T, C))
        self.queries = of_layers(layers, "queries", (H, T, D))
        self.keys = of_layers(layers, "keys", (H, S, D))
        self.values = of_layers(layers, "values", (H, S, D))
        self.head_out = of_layers(layers, "head_out", (H, T, D))
        self.peaks = layers.get("peaks")
        if isinstance(recorder, LargeRecorder):
            self.row_entropy, self.row_top = layers["row_entropy"], layers["row_top"]
        else:
            self.weights = of_layers(layers, "weights", (H, T, S))

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(L, H, T, S)."""
        L, H, T, _ = self.queries.shape
        return L, H, T, self.keys.shape[2]

    @property
    def is_cross(self) -> bool:
        """Whether the keys are of other tokens than the queries."""
        return self.name == "cross"

    def make_read_only(self) -> None:
        """Let nobody change the arrays that are in memory: others may see the same trace."""
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @cached_property
    def weights(self) -> np.ndarray:
        """(L, H, T, S): of a large trace, computed for all heads now and kept from here on."""
        return self._large("weights")[:]

    @cached_property
    def row_entropy(self) -> np.ndarray:
        """(L, H, T): how widely each query spreads its weights, in nats."""
        return row_entropy(self.weights)

    @cached_property
    def row_top(self) -> np.ndarray:
        """(L, H, T): the largest weight of each query."""
        return np.asarray(self.weights.max(-1))

    @cached_property
    def scores(self) -> np.ndarray:
        """(L, H, T, S): q · k."""
        return self.queries @ np.swapaxes(self.keys, -2, -1)

    @cached_property
    def scaled(self) -> np.ndarray:
        """(L, H, T, S): scores × scale."""
        return self.scores * np.float32(self.scale)

    @cached_property
    def masked(self) -> np.ndarray:
        """(L, H, T, S): scaled, with −inf where query i may not see key j."""
        return np.where(self.visible, self.scaled, np.float32(-np.inf))

    @cached_property
    def contribution(self) -> np.ndarray:
        """(L, H, T, C): head_out through each head's slice of the output projection."""
        contribution = self.head_out @ self.projections
        for layer, head in self.switches.heads_off:
            contribution[layer, head] = 0
        return contribution

    def maps(self, stage: str) -> np.ndarray | Maps:
        """(L, H, T, S): `weights` or a stage before them; of a large trace, head by head."""
        if stage in vars(self) or not is_large(*self.shape):
            return np.asarray(getattr(self, stage))
        return self._large(stage)

    def _large(self, stage: str) -> Maps:
        return Maps(self.shape, lambda l, h: self.of_head(stage, l, h))

    def of_head(self, stage: str, l: int, h: int) -> np.ndarray:
        """(T, S): `weights` of one head or a stage before them, without computing all heads'."""
        if stage == "weights":
            return self._weights_of(l, h)
        scores: np.ndarray = self.queries[l, h] @ self.keys[l, h].T
        if stage == "scores":
            return scores
        scaled = scores * np.float32(self.scale)
        return scaled if stage == "scaled" else np.where(self.visible, scaled, np.float32(-np.inf))

    @torch.no_grad()
    def _weights_of(self, l: int, h: int) -> np.ndarray:
        """(T, S): the weights of one head, from the queries and keys that made them."""
        rule = self._rule
        if (l, h) in rule.edits:
            return rule.edits[l, h].float().cpu().numpy()
        dtype = self._attentions[l].query.weight.dtype  # as precise as in the pass
        q, k = (torch.from_numpy(of[l, h].copy()).to(dtype) for of in (self.queries, self.keys))
        return weights_of_head(q, k, rule)

    @cached_property
    def projections(self) -> np.ndarray:
        """(L, H, D, C): each head's slice of the output projection."""
        self._unchanged.check()
        return self._projections_now()

    def _projections_now(self) -> np.ndarray:
        L, H, _, D = self.queries.shape
        matrices = np.empty((L, self.config.n_embd, H * D), np.float32)  # as the model holds them
        for layer, attention in enumerate(self._attentions):
            matrices[layer] = attention.slices().detach().T.float().cpu().numpy()
        return matrices.swapaxes(1, 2).reshape(L, H, D, self.config.n_embd)


class StreamSite(AttentionSite):
    """The self-attention of an encoder or a decoder, with the residual stream that it writes to.

    Attributes:
        token_embedding, position_embedding: (T, C).
        residual: (2L+1, T, C), the stream after the embedding, each attention and each MLP; with
            cross-attention (3L+1, T, C), after that too.
        mlp_out: (L, T, C), what each MLP gave.
    """

    def _keep(self, recorder: StageRecorder, H: int) -> None:
        super()._keep(recorder, H)
        assert recorder.residual is not None
        self.token_embedding = recorder.stages["token_embedding"]
        self.position_embedding = np.broadcast_to(
            recorder.stages["position_embedding"], self.token_embedding.shape
        )
        self.residual = recorder.residual
        self.mlp_out = of_layers(recorder.layers, "mlp_out", self.residual.shape[1:])


def of_layers(layers: dict[str, np.ndarray], name: str, shape: tuple[int, ...]) -> np.ndarray:
    """(L, …): a stage of every layer; (0, …) for a model without layers."""
    return layers.get(name, np.zeros((0, *shape), np.float32))


def _biases(attentions: Sequence[Attention], C: int) -> np.ndarray:
    """(L, C): the bias of each output projection, zero if it has none."""
    zero = torch.zeros(C)
    projs = (attention.proj for attention in attentions)
    biases = [zero if p is None or p.bias is None else p.bias.detach() for p in projs]
    return np.array([b.float().cpu().numpy() for b in biases], np.float32).reshape(-1, C)
