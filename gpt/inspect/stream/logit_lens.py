"""Logit lens: what the model would say if it stopped at any state of its residual stream.

Each state goes through the model's own last steps, the final norm and the output embedding, as if
no layer came after it. Source: nostalgebraist (2020), "interpreting GPT: the logit lens".

A classifier's states are read with its classification head: each by itself, as if it were the
whole text (`logit_lens`), or all together, as the model does (`label_lens`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch

from gpt.errors import PromptError
from gpt.inspect.stream.frozen_norm import branches
from gpt.inspect.trace import Trace
from gpt.nn.classifier import Classifier
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT

TOP = 10
ROWS = 128
"""Vectors that are read at once, of several states. Fewer would read a large output embedding more
often; the logits of each are megabytes."""


@dataclass(frozen=True, eq=False)
class Lens:
    """What each of S states says at each of T positions, which are consecutive.

    A classifier's states say labels in place of tokens, and the true one is its own answer. Those
    of a model that fills in hidden tokens say the token at their own position.

    Fields:
        states: (S,) which of the 2L+1, as `Trace.residual` counts.
        top_ids, top_probs: (S, T, K) the K likeliest next tokens, the likeliest first.
        target_rank: (S, T) place of the true next token among all tokens, from 1; 0 at the last
            position, whose next token is not in the prompt.
        target_prob: (S, T) its probability; nan at the last position.
        entropy: (S, T) of the whole distribution, in nats.
        first: the first of the positions.
    """

    states: tuple[int, ...]
    top_ids: np.ndarray
    top_probs: np.ndarray
    target_rank: np.ndarray
    target_prob: np.ndarray
    entropy: np.ndarray
    first: int = 0


def state_names(config: GPTConfig) -> list[str]:
    """What the states of `residual` come after, in a stack with this config.

    >>> state_names(GPTConfig(block_size=4, vocab_size=4, n_layer=1, n_head=1, n_embd=4))
    ['embedding', 'L0 attention', 'L0 MLP']
    """
    layers, of_layer = range(config.n_layer), branches(config)
    return ["embedding", *(f"L{l} {branch}" for l in layers for branch in of_layer)]


@torch.no_grad()
def logit_lens(
    model: GPT,
    trace: Trace,
    states: Sequence[int] | None = None,
    positions: range | None = None,
    fills_in: bool = False,
) -> Lens:
    """Read states of a trace's residual stream with the model's own last steps.

    Args:
        trace: of this model.
        states: None: all 2L+1. With a vocabulary as large as GPT-2's, each takes as long as several
            layers.
        positions: None: all.
        fills_in: whether the model says which token stands at a position, not which comes next.
    """
    chosen = tuple(range(len(trace.residual)) if states is None else states)
    wanted = range(len(trace.ids)) if positions is None else positions
    cut = slice(wanted.start, wanted.stop)
    rows = np.concatenate([trace.residual[state, cut] for state in chosen])
    targets = np.tile(_targets(trace, fills_in)[cut], len(chosen))
    pieces = [
        _summary(lens_logits(model, rows[at : at + ROWS], trace), targets[at : at + ROWS])
        for at in range(0, len(rows), ROWS)
    ]
    columns = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    shape = (len(chosen), len(wanted))
    ids, probs, rank, prob, entropy = (part.reshape(*shape, *part.shape[1:]) for part in columns)
    return Lens(chosen, ids, probs, rank, prob, entropy, wanted.start)


def _targets(trace: Trace, fills_in: bool) -> np.ndarray:
    """(T,): what is true at each position, −1 where nothing is known."""
    if trace.config.is_classifier:
        return np.full(len(trace.ids), trace.class_logits.argmax())
    return trace.ids if fills_in else np.append(trace.ids[1:], -1)


@torch.no_grad()
def label_lens(model: GPT, trace: Trace) -> np.ndarray:
    """(2L+1, K): the logits of a classifier's labels, read from each state of the whole text.

    The last row is the model's own answer.

    Raises:
        PromptError: a model that gives no label.
    """
    if not trace.config.is_classifier:
        raise PromptError("this model gives the logits of tokens, not of labels; use logit_lens")
    x = _normed(model, trace.residual.copy(), trace)  # (2L+1, T, C)
    logits: np.ndarray = cast(Classifier, model).classify(x).float().cpu().numpy()
    return logits


@torch.no_grad()
def lens_logits(model: GPT, vectors: np.ndarray, trace: Trace) -> torch.Tensor:
    """Logits (n, V) of vectors (n, C) of a trace's stream; the last state gives the model's own.

    A classifier's are (n, K), each vector read as the only one of a text.
    """
    x = _normed(model, vectors, trace)
    if trace.config.is_classifier:
        return cast(Classifier, model).classify(x[:, None])  # (n, 1, C) -> (n, K)
    if model.transform is not None:
        x = model.transform(x, trace.switches.norm_off)
    return model.lm_head(x)


def _normed(model: GPT, vectors: np.ndarray, trace: Trace) -> torch.Tensor:
    """Vectors of the stream past the final norm, on the model's device."""
    x = torch.from_numpy(vectors).to(model.wte.weight)
    return x if model.ln_f is None or trace.switches.norm_off else model.ln_f(x)


def _summary(logits: torch.Tensor, targets: np.ndarray) -> tuple[np.ndarray, ...]:
    """(T, V) logits and (T,) targets, −1 for none, to what a Lens says of them."""
    below = logits.float()
    below = below - below.amax(-1, keepdim=True)  # so that no exponential overflows
    exps = below.exp()
    total = exps.sum(-1, keepdim=True)
    top = below.topk(min(TOP, below.shape[-1]), dim=-1)
    entropy = total[:, 0].log() - (exps * below).sum(-1) / total[:, 0]
    known = torch.from_numpy(targets >= 0).to(below.device)
    wanted = torch.from_numpy(np.maximum(targets, 0)).to(below.device)[:, None]
    own = below.gather(-1, wanted)
    rank = torch.where(known, (below > own).sum(-1) + 1, 0)
    prob = torch.where(known, (own.exp() / total)[:, 0], torch.nan)
    columns = (top.indices, top.values.exp() / total, rank, prob, entropy)
    return tuple(column.cpu().numpy() for column in columns)
