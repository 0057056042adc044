"""frozen_norm: what one part of the residual stream adds to the logits, norms held still.

A LayerNorm divides by the spread of all that it is given, so that no part goes through it alone.
Held at this input's spread it is linear: each part has its own mean taken off, is divided by that
spread and multiplied by the gain, and the parts, with the biases, add up to what the model
computed. (Batch normalization is linear as it stands: outside training its spread is a constant.)
What a change of the part would do to the spread is left out, and so is whatever later layers make
of it: this is the direct effect. Source: Elhage et al. (2021), "A Mathematical Framework for
Transformer Circuits", on the residual stream and LayerNorm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gpt.errors import ConfigError
from gpt.inspect.trace import Trace
from gpt.nn.blocks import Block
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.norms import BatchNorm, Norm

Numbers = NDArray[np.float64]
CHUNK = 8192
"""Rows of the output embedding that are widened to float64 at a time."""


@dataclass(frozen=True, eq=False)
class _Held:
    """One norm with its spread held.

    Fields:
        state: of the residual stream where it stands, by number; see `FrozenNorm`.
        spread: (T, 1), the square root of variance + eps; (T, C) of batch normalization.
        gain, bias: (C,).
        centred: whether each part has its own mean taken off; with batch normalization, the means
            taken off are constants, and in the bias.
    """

    state: int
    spread: Numbers
    gain: Numbers
    bias: Numbers
    centred: bool = True

    def __call__(self, part: Numbers) -> Numbers:
        mean = part.mean(-1, keepdims=True) if self.centred else 0.0
        return (part - mean) / self.spread * self.gain


@dataclass(frozen=True, eq=False)
class FrozenNorm:
    """Every norm between a part of the residual stream and the logits, as one linear map.

    States count like `Trace.residual`: 0 the embeddings, then each layer's attention and MLP, with
    a cross-attention between them in a decoder of two texts (`state_after`). With norms only before
    the branches (GPT-2) or none, every state is the same; with norms after each addition, a part
    passes all that come after it.

    Fields:
        bias: (T, C), what the norms' biases add up to at the end. The sum of `apply` over all
            parts, plus this, is what the output embedding reads.
        last: the state after the last branch.
        skip: whether parts stay in the stream; if not, only the last branch reaches the end.
    """

    norms: tuple[_Held, ...]
    bias: Numbers
    last: int
    skip: bool

    def apply(self, part: NDArray[Any], state: int | None = None) -> Numbers:
        """A part (..., T, C) written at `state`, as it reaches the output embedding.

        Args:
            state: None: at the end of the stream.
        """
        state = self.last if state is None else state
        passed = np.asarray(part, dtype=np.float64)
        if not self.skip and state < self.last:
            return np.zeros_like(passed)
        for norm in self.norms:
            if norm.state >= state:
                passed = norm(passed)
        return passed

    def at(self, positions: int | slice) -> FrozenNorm:
        """The same for P positions, or one, alone: for parts of shape (..., P, C)."""
        here = positions if isinstance(positions, slice) else slice(positions, positions + 1)
        norms = tuple(replace(norm, spread=norm.spread[here]) for norm in self.norms)
        return replace(self, norms=norms, bias=self.bias[here])


def branches(config: GPTConfig) -> tuple[str, ...]:
    """What a layer adds to the stream, in order: "attention", "cross" and "MLP"."""
    return ("attention", "cross", "MLP") if config.n_encoder_layer else ("attention", "MLP")


def state_after(config: GPTConfig, layer: int, branch: str) -> int:
    """The number of the state of the stream that a branch of a layer ends in.

    >>> state_after(GPTConfig(block_size=4, vocab_size=4, n_layer=2, n_head=1, n_embd=4), 1, "MLP")
    4
    """
    of_layer = branches(config)
    return len(of_layer) * layer + of_layer.index(branch) + 1


def frozen_norm(model: GPT, trace: Trace) -> FrozenNorm:
    """Hold the norms of a model as they were in one forward pass.

    Args:
        trace: of this model; its switches are heeded (`norm_off` leaves nothing to hold).

    Raises:
        ConfigError: a model with a layer of its own before its last matrix (BERT's).
    """
    if model.transform is not None or model.config.pool_activation != "none":
        raise ConfigError(
            "this model has one more layer, with an activation, between the residual stream and "
            "the logits, so a logit is no sum over the parts of the stream"
        )
    config, L = model.config, model.config.n_layer
    last = state_after(config, L - 1, "MLP") - (not config.feed_forward) if L else 0
    norms = [] if trace.switches.norm_off else _held(model, trace)
    norms = [norm for norm in norms if config.skip or norm.state >= last]
    total = np.zeros(trace.residual.shape[1:])
    for norm in norms:
        total = norm(total) + norm.bias
    return FrozenNorm(tuple(norms), total, last, config.skip)


def to_logits(model: GPT, normed: NDArray[Any], tokens: Sequence[int] | None = None) -> Numbers:
    """Through the output embedding: (..., C) to (..., V), or (..., N) for N chosen tokens.

    Raises:
        ConfigError: a classifier, which has none.
    """
    if model.config.is_classifier:
        raise ConfigError("this model gives the logits of labels, not of next tokens")
    weight = model.lm_head.weight.detach()
    if tokens is not None:
        weight = weight[list(tokens)]
    chunks = [rows.double().cpu().numpy() for rows in weight.split(CHUNK)]
    return np.concatenate([normed @ chunk.T for chunk in chunks], axis=-1)


def _held(model: GPT, trace: Trace) -> list[_Held]:
    """The norms that stand in the stream itself, first to last."""
    stream = trace.residual.astype(np.float64)
    held = []
    if model.ln_e is not None:
        embedded = trace.token_embedding.astype(np.float64) + trace.position_embedding
        held.append(_hold(model.ln_e, embedded, 0))
    if model.ln_f is not None:
        return [*held, _hold(model.ln_f, stream[-1], len(stream))]
    if model.config.norm == "none":
        return held
    for l, block in enumerate(model.blocks):
        first = state_after(model.config, l, "attention")
        for state, (ln, out) in enumerate(_outputs(block, trace), start=first):
            if ln is not None:
                came = stream[state - 1] if model.config.skip else 0.0
                held.append(_hold(ln, came + out[l].astype(np.float64), state))
    return held


def _outputs(block: Block, trace: Trace) -> list[tuple[Norm | None, np.ndarray]]:
    """Each branch of a layer: its norm, and what it gave, (L, T, C)."""
    own = [(block.ln_1, trace.attention_out), (block.ln_2, trace.mlp_out)]
    if block.cross is None:
        return own
    return [own[0], (block.ln_cross, trace.cross.attention_out), own[1]]


def _hold(ln: Norm, given: Numbers, state: int) -> _Held:
    """A norm as it was for what it was given, (T, C)."""
    gain = _wide(ln.weight)
    bias = np.zeros_like(gain) if ln.bias is None else _wide(ln.bias)
    if isinstance(ln, BatchNorm):
        spread = np.sqrt(_wide(ln.running_var) + ln.eps)
        bias = bias - _wide(ln.running_mean) / spread * gain
        return _Held(state, np.broadcast_to(spread, given.shape), gain, bias, centred=False)
    return _Held(state, np.sqrt(given.var(-1, keepdims=True) + ln.eps), gain, bias)


def _wide(tensor: torch.Tensor) -> Numbers:
    numbers: Numbers = tensor.detach().double().cpu().numpy()
    return numbers
