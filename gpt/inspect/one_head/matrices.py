"""one_head: every matrix of one head, from what it reads to what it adds, with its weights.

A trace holds all heads; its big stages, asked for as a whole, would be gigabytes for GPT-2. Here
they are made for one head, by the same products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from gpt.errors import SwitchError
from gpt.inspect.trace import Trace
from gpt.nn.model import GPT


@dataclass(frozen=True, eq=False)
class OneHead:
    """The stages of one head, float32, and what it was computed with.

    Fields:
        layer, head: which one.
        x: (T, C), what attention read, after the norm where there is one before it.
        Wq, Wk, Wv: (C, D), this head's columns.
        bq, bk, bv: (1, D), or None where queries, keys and values carry no bias.
        queries, keys, values: (T, D), as they met.
        scores, scaled, masked, weights: (T, T).
        head_out: (T, D).
        projection: (D, C), this head's rows of the output projection; of the identity, where the
            model has none.
        contribution: (T, C).
        visible: (T, T) bool, True where query i may see key j.
        scale, temperature: what multiplied the scores, and what divided `masked`.
        normed: whether x went through a norm.
        qk_norm: whether queries and keys were normalized before they met.
        rotated: whether they were then turned by their positions.
        projected: whether the model has an output projection.
        edited: whether the weights were put in by hand, instead of the softmax's.
        off: whether the head is switched off, so that it contributes nothing.
    """

    layer: int
    head: int
    x: np.ndarray
    Wq: np.ndarray
    Wk: np.ndarray
    Wv: np.ndarray
    bq: np.ndarray | None
    bk: np.ndarray | None
    bv: np.ndarray | None
    queries: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    scores: np.ndarray
    scaled: np.ndarray
    masked: np.ndarray
    weights: np.ndarray
    head_out: np.ndarray
    projection: np.ndarray
    contribution: np.ndarray
    visible: np.ndarray
    scale: float
    temperature: float
    normed: bool
    qk_norm: bool
    rotated: bool
    projected: bool
    edited: bool
    off: bool

    def arrays(self) -> dict[str, np.ndarray]:
        """Every matrix under its name, in the order in which the data flows."""
        return {name: a for name, a in vars(self).items() if isinstance(a, np.ndarray)}


@torch.no_grad()
def one_head(model: GPT, trace: Trace, layer: int, head: int) -> OneHead:
    """Take one head out of a trace.

    Args:
        trace: of this model.

    Raises:
        SwitchError: a layer or head that the model does not have.
    """
    config, switches = model.config, trace.switches
    if not (0 <= layer < config.n_layer and 0 <= head < config.n_head):
        raise SwitchError(
            f"layer {layer}, head {head} does not exist: this model has layers 0 to "
            f"{config.n_layer - 1} and heads 0 to {config.n_head - 1}"
        )
    attn = model.blocks[layer].attn
    queries, keys = trace.queries[layer, head].copy(), trace.keys[layer, head].copy()
    scores = queries @ keys.T
    scaled = scores * np.float32(trace.scale)
    projection = attn.head_slice(head).float().cpu().numpy()
    contribution = trace.head_out[layer, head] @ projection
    off = (layer, head) in switches.heads_off
    if off:
        contribution = np.zeros_like(contribution)
    Wq, Wk, Wv = (_columns(part, head, config.head_size) for part in _parts(attn))
    bq, bk, bv = (_bias(part, head, config.head_size) for part in _parts(attn))
    return OneHead(
        layer=layer,
        head=head,
        x=trace.attention_in[layer].copy(),  # a view would keep the whole stage in memory
        Wq=Wq,
        Wk=Wk,
        Wv=Wv,
        bq=bq,
        bk=bk,
        bv=bv,
        queries=queries,
        keys=keys,
        values=trace.values[layer, head].copy(),
        scores=scores,
        scaled=scaled,
        masked=np.where(trace.visible, scaled, np.float32(-np.inf)),
        weights=trace.maps("weights")[layer, head].copy(),
        head_out=trace.head_out[layer, head].copy(),
        projection=projection,
        contribution=contribution,
        visible=trace.visible,
        scale=float(trace.scale),
        temperature=switches.temperature,
        normed=config.norm == "pre" and not switches.norm_off,
        qk_norm=config.qk_norm,
        rotated=config.position == "rotary" and not switches.positions_off,
        projected=config.projection,
        edited=(layer, head) in switches.weights_edit,
        off=off,
    )


def _parts(attn: nn.Module) -> tuple[nn.Linear, nn.Linear, nn.Linear]:
    return attn.query, attn.key, attn.value  # type: ignore[return-value]


def _columns(linear: nn.Linear, head: int, D: int) -> np.ndarray:
    """(C, D): the columns that make one head's channels."""
    return linear.weight[head * D : (head + 1) * D].T.float().cpu().numpy()


def _bias(linear: nn.Linear, head: int, D: int) -> np.ndarray | None:
    """(1, D)."""
    bias: torch.Tensor | None = linear.bias
    if bias is None:
        return None
    return bias[None, head * D : (head + 1) * D].float().cpu().numpy()
