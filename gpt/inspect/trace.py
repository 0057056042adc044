"""trace: one forward pass, fully observed.

The logits come out of the very weights that the trace holds. Big stages that follow from smaller
ones (`scores` from `queries` and `keys`, the logits of a large vocabulary) are computed when first
asked for; the weights too, where those of all heads are large, from the queries and keys of the
pass by the function that the pass itself took them from.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch

from gpt.errors import CheckpointError, PromptError
from gpt.inspect.heads.analyses import row_entropy
from gpt.inspect.ids import token_ids
from gpt.inspect.large import LargeRecorder, weights_of_head
from gpt.inspect.maps import WHOLE, Maps, is_large
from gpt.inspect.stage_recorder import StageRecorder
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.switches import DEFAULT, Resolved, Switches, resolve

FEW = 1 << 20
"""Numbers up to which what follows from the weights of the model is made at once."""


class Trace:
    """Every stage of one forward pass, as numpy float32.

    Attributes:
        ids: (T,) the tokens that were read.
        config, switches: the model's architecture, and how it was run.
        scale: the number that multiplied q · k.
        visible: (T, T) bool, True where query i may see key j.
        logits: (T, V).
        token_embedding, position_embedding: (T, C).
        residual: (2L+1, T, C), the stream after the embedding, each attention and each MLP.
        attention_in, attention_out, mlp_out: (L, T, C), what attention read (after the norm)
            and what each branch gave.
        queries, keys, values: (L, H, T, D), as they met (after query/key norm and rotation).
        weights: (L, H, T, T), as they were used; every row sums to 1. See `maps` where T is large.
        row_entropy: (L, H, T), how widely each query spreads its weights, in nats.
        row_top: (L, H, T), the largest weight of each query.
        peaks: (L, H, s, s), the largest weight of each block (`maps.block_starts`) of a large
            trace's maps; None where the weights are kept.
        head_out: (L, H, T, D), weights @ values.
        scores, scaled, masked: (L, H, T, T), computed from queries and keys when asked for.
        contribution: (L, H, T, C), what each head added to attention_out; over heads, and with
            `attention_bias`, they add up to it.
    """

    def __init__(
        self,
        model: GPT,
        ids: Sequence[int],
        switches: Switches,
        rule: Resolved,
        last: torch.Tensor,
        recorder: StageRecorder,
    ) -> None:
        self.config: GPTConfig = model.config
        self.ids = np.asarray(ids)
        self.switches = switches
        self.scale = rule.scale
        self._rule = rule
        T = len(ids)
        self.visible = np.ones((T, T), bool) if rule.mask is None else rule.mask.cpu().numpy()
        self._last = last[0].detach()
        stages, layers = recorder.stages, recorder.layers
        self.token_embedding = stages["token_embedding"][0]
        self.position_embedding = np.broadcast_to(
            stages["position_embedding"][0], self.token_embedding.shape
        )
        self.residual = np.stack(stages["residual"])
        branch, head = (T, self.config.n_embd), (self.config.n_head, T, self.config.head_size)
        self.attention_in = _of_layers(layers, "attention_in", branch)
        self.attention_out = _of_layers(layers, "attention_out", branch)
        self.mlp_out = _of_layers(layers, "mlp_out", branch)
        self.queries = _of_layers(layers, "queries", head)
        self.keys = _of_layers(layers, "keys", head)
        self.values = _of_layers(layers, "values", head)
        self.peaks = layers.get("peaks")
        if isinstance(recorder, LargeRecorder):
            self.row_entropy, self.row_top = layers["row_entropy"], layers["row_top"]
        else:
            self.weights = _of_layers(layers, "weights", (self.config.n_head, T, T))
        self.head_out = _of_layers(layers, "head_out", head)
        self._model, self._versions = model, _versions(model)
        if T * self.config.vocab_size <= FEW:
            self.logits = self._logits(self._last)
        if self.config.n_layer * self.config.n_embd**2 <= FEW:
            self._projections = _projections(model)
        self.attention_bias = _biases(model)

    @cached_property
    def weights(self) -> np.ndarray:
        """(L, H, T, T): where they are large, made of all heads now and kept from here on."""
        return self._large("weights")[:]

    @cached_property
    def row_entropy(self) -> np.ndarray:
        """(L, H, T): how widely each query spreads its weights, in nats."""
        return row_entropy(self.weights)

    @cached_property
    def row_top(self) -> np.ndarray:
        """(L, H, T): the largest weight of each query."""
        found: np.ndarray = self.weights.max(-1)
        return found

    @cached_property
    def scores(self) -> np.ndarray:
        """(L, H, T, T): q · k."""
        return self.queries @ np.swapaxes(self.keys, -2, -1)

    @cached_property
    def scaled(self) -> np.ndarray:
        """(L, H, T, T): scores × scale."""
        return self.scores * np.float32(self.scale)

    @cached_property
    def masked(self) -> np.ndarray:
        """(L, H, T, T): scaled, with −inf where query i may not see key j."""
        return np.where(self.visible, self.scaled, np.float32(-np.inf))

    @cached_property
    def logits(self) -> np.ndarray:
        """(T, V), by the model's output embedding, which for GPT-2 takes as long as five layers."""
        return self._logits(self._last)

    def logits_at(self, positions: int | slice) -> np.ndarray:
        """(V,) of one position or (n, V) of several; of many, without all others."""
        few = len(self.ids) * self.config.vocab_size <= WHOLE
        if "logits" in vars(self) or (few and not isinstance(positions, int)):
            found: np.ndarray = self.logits[positions]
            return found
        return self._logits(self._last[positions])

    @torch.no_grad()
    def _logits(self, last: torch.Tensor) -> np.ndarray:
        found = self._traced_model().lm_head(last).float().cpu().numpy()
        found.flags.writeable = False
        return found

    @cached_property
    def _projections(self) -> np.ndarray:
        return _projections(self._traced_model())

    def _traced_model(self) -> GPT:
        """The model that was traced, for what a large one gives when it is first asked.

        Raises:
            CheckpointError: it has been trained since, or changed otherwise.
        """
        if _versions(self._model) != self._versions:
            raise CheckpointError(
                "the model has changed since this trace was made; trace the prompt again"
            )
        return self._model

    def maps(self, stage: str) -> np.ndarray | Maps:
        """(L, H, T, T): `weights` or a stage before them; head by head where that is large."""
        if stage in vars(self) or not is_large(*self.queries.shape[:3]):
            found: np.ndarray = getattr(self, stage)
            return found
        return self._large(stage)

    def _large(self, stage: str) -> Maps:
        L, H, T, _ = self.queries.shape
        return Maps((L, H, T, T), lambda l, h: self._one(stage, l, h))

    def _one(self, stage: str, l: int, h: int) -> np.ndarray:
        """(T, T): a stage of one head."""
        if stage == "weights":
            return self._weights_of(l, h)
        scores: np.ndarray = self.queries[l, h] @ self.keys[l, h].T
        if stage == "scores":
            return scores
        scaled = scores * np.float32(self.scale)
        return scaled if stage == "scaled" else np.where(self.visible, scaled, np.float32(-np.inf))

    @torch.no_grad()
    def _weights_of(self, l: int, h: int) -> np.ndarray:
        """(T, T): the weights of one head, from the queries and keys that made them."""
        rule = self._rule
        if (l, h) in rule.edits:
            return rule.edits[l, h].float().cpu().numpy()
        q, k = (
            torch.from_numpy(of[l, h].copy()).to(self._last.dtype)  # as precise as in the pass
            for of in (self.queries, self.keys)
        )
        return weights_of_head(q, k, rule)

    @cached_property
    def contribution(self) -> np.ndarray:
        """(L, H, T, C): head_out through each head's slice of the output projection."""
        contribution = self.head_out @ self._projections
        for layer, head in self.switches.heads_off:
            contribution[layer, head] = 0
        return contribution

    @cached_property
    def probs(self) -> np.ndarray:
        """(T, V): softmax of the logits."""
        exps = np.exp(self.logits - self.logits.max(-1, keepdims=True))
        return exps / exps.sum(-1, keepdims=True)


@torch.no_grad()
def trace(model: GPT, ids: Sequence[int], switches: Switches = DEFAULT) -> Trace:
    """Run a model once on a prompt and keep every number.

    Args:
        model: put into evaluation mode if it is not.
        ids: the prompt, 1 to `block_size` token ids.
        switches: changes to the forward pass.

    Raises:
        PromptError: no token, too many, ids that are none, or one outside the vocabulary.
        SwitchError: switches that do not fit this model or prompt.
    """
    ids = token_ids(ids)
    if not ids:
        raise PromptError("the prompt is empty; type at least one character")
    model.eval()
    device = next(model.parameters()).device
    L, H, T = model.config.n_layer, model.config.n_head, len(ids)
    recorder = LargeRecorder(L, T) if is_large(L, H, T) else StageRecorder(L)
    last = model.read(torch.tensor([ids], device=device), switches, recorder)
    rule = resolve(switches, model.config, len(ids))
    return Trace(model, ids, switches, rule, last, recorder)


def _of_layers(layers: dict[str, np.ndarray], name: str, shape: tuple[int, ...]) -> np.ndarray:
    """(L, …): a stage of every layer; of a bigram, which has none, nothing in the same form."""
    return layers.get(name, np.zeros((0, *shape), np.float32))


def _versions(model: GPT) -> list[int]:
    """A count for each parameter that grows whenever the parameter is changed."""
    return [parameter._version for parameter in model.parameters()]


def _projections(model: GPT) -> np.ndarray:
    """(L, H, D, C): each head's slice of the output projection."""
    config = model.config
    slices = [
        block.attn.head_slice(head).detach().float().cpu().numpy()
        for block in model.blocks
        for head in range(config.n_head)
    ]
    shape = (config.n_layer, config.n_head, config.head_size, config.n_embd)
    return np.array(slices, np.float32).reshape(shape)


def _biases(model: GPT) -> np.ndarray:
    """(L, C): the bias of each output projection, zero where there is none."""
    zero = torch.zeros(model.config.n_embd)
    projs = (block.attn.proj for block in model.blocks)
    biases = [zero if p is None or p.bias is None else p.bias.detach() for p in projs]
    return np.array([b.float().cpu().numpy() for b in biases], np.float32).reshape(-1, len(zero))
