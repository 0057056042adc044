"""trace: one forward pass, fully observed.

The logits come out of the very weights that the trace holds. Big stages that follow from smaller
ones (`scores` from `queries` and `keys`) are computed when first asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch

from gpt.errors import PromptError
from gpt.inspect.maps import Maps, is_large
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.switches import DEFAULT, Resolved, Switches, resolve


class _Recorder:
    """Keeps a copy of every tensor of a pass with B = 1, by stage, in order of arrival."""

    def __init__(self) -> None:
        self.stages: dict[str, list[np.ndarray]] = {}

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        self.stages.setdefault(name, []).append(tensor[0].detach().float().cpu().numpy().copy())


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
        weights: (L, H, T, T), as they were used; every row sums to 1.
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
        logits: torch.Tensor,
        stages: dict[str, list[np.ndarray]],
    ) -> None:
        self.config: GPTConfig = model.config
        self.ids = np.asarray(ids)
        self.switches = switches
        self.scale = rule.scale
        T = len(ids)
        self.visible = np.ones((T, T), bool) if rule.mask is None else rule.mask.cpu().numpy()
        self.logits = logits[0].detach().float().cpu().numpy()
        self.token_embedding = stages["token_embedding"][0]
        self.position_embedding = np.broadcast_to(
            stages["position_embedding"][0], self.token_embedding.shape
        )
        self.residual = _whole(stages["residual"])
        branch, head = (T, self.config.n_embd), (self.config.n_head, T, self.config.head_size)
        self.attention_in = _stacked(stages, "attention_in", branch)
        self.attention_out = _stacked(stages, "attention_out", branch)
        self.mlp_out = _stacked(stages, "mlp_out", branch)
        self.queries = _stacked(stages, "queries", head)
        self.keys = _stacked(stages, "keys", head)
        self.values = _stacked(stages, "values", head)
        self.weights = _stacked(stages, "weights", (self.config.n_head, T, T))
        self.head_out = _stacked(stages, "head_out", head)
        self._projections = _projections(model)
        self.attention_bias = _biases(model)

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

    def maps(self, stage: str) -> np.ndarray | Maps:
        """(L, H, T, T): `weights` or a stage before them; head by head where that is large."""
        L, H, T, _ = self.weights.shape
        if stage == "weights" or not is_large(L, H, T):
            found: np.ndarray = getattr(self, stage)
            return found
        return Maps(self.weights.shape, lambda l, h: self._one(stage, l, h))

    def _one(self, stage: str, l: int, h: int) -> np.ndarray:
        """(T, T): a stage before the weights, of one head."""
        scores: np.ndarray = self.queries[l, h] @ self.keys[l, h].T
        if stage == "scores":
            return scores
        scaled = scores * np.float32(self.scale)
        return scaled if stage == "scaled" else np.where(self.visible, scaled, np.float32(-np.inf))

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
        PromptError: no token, too many, or an id outside the vocabulary.
        SwitchError: switches that do not fit this model or prompt.
    """
    if len(ids) == 0:
        raise PromptError("the prompt is empty; type at least one character")
    model.eval()
    device = next(model.parameters()).device
    recorder = _Recorder()
    logits = model(torch.tensor([list(ids)], device=device), switches, recorder)
    rule = resolve(switches, model.config, len(ids))
    return Trace(model, ids, switches, rule, logits, recorder.stages)


def _stacked(stages: dict[str, list[np.ndarray]], name: str, shape: tuple[int, ...]) -> np.ndarray:
    """(L, …): a stage of every layer; of a bigram, which has none, nothing in the same form."""
    found = stages.get(name)
    return _whole(found) if found else np.zeros((0, *shape), np.float32)


def _whole(parts: list[np.ndarray]) -> np.ndarray:
    """The parts stacked, each let go of when it is copied: a large stage is never there twice."""
    found = np.empty((len(parts), *parts[0].shape), np.float32)
    for n in range(len(parts)):
        found[n] = parts[n]
        parts[n] = found[n]
    return found


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
