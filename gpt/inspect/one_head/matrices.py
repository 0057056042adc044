"""one_head: every matrix of one head, from what it reads to what it adds, with its weights.

A trace holds all heads, and its big stages of all heads would be gigabytes for GPT-2. Here the same
products compute them for one head.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from gpt.errors import SwitchError
from gpt.inspect.site import AttentionSite
from gpt.inspect.trace import Traceable
from gpt.nn.attention import Attention


@dataclass(frozen=True, eq=False)
class OneHead:
    """The stages of one head, float32, and what it was computed with.

    Fields:
        layer, head: which one.
        x: (T, C), what the queries were made of, after the norm if there is one before it.
        y: (S, C), what keys and values were made of in cross-attention; None if that was x.
        Wq, Wk, Wv: (C, D), this head's columns.
        bq, bk, bv: (1, D), or None if queries, keys and values have no bias.
        queries: (T, D); keys, values: (S, D), after query/key norm and rotation.
        scores, scaled, masked, weights: (T, S).
        head_out: (T, D).
        projection: (D, C), this head's rows of the output projection; of the identity, where the
            model has none.
        contribution: (T, C).
        visible: (T, S) bool, True where query i may see key j.
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
    y: np.ndarray | None
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
def one_head(model: Traceable, site: AttentionSite, layer: int, head: int) -> OneHead:
    """Take one head out of a site.

    Args:
        site: the trace of a decoder, or one site of a trace; of this model.

    Raises:
        SwitchError: a layer or head that the model does not have.
    """
    config, switches = model.config, site.switches
    L, H, _, _ = site.shape
    if not (0 <= layer < L and 0 <= head < H):
        raise SwitchError(
            f"layer {layer}, head {head} does not exist: this model has layers 0 to {L - 1} and "
            f"heads 0 to {H - 1}"
        )
    attention = model.sites[site.name][layer]
    queries, keys = site.queries[layer, head].copy(), site.keys[layer, head].copy()
    projection = attention.head_slice(head).float().cpu().numpy()
    contribution = site.head_out[layer, head] @ projection
    off = (layer, head) in switches.heads_off
    if off:
        contribution = np.zeros_like(contribution)
    D = queries.shape[1]
    Wq, Wk, Wv = (_columns(linear, head, D) for linear in _linears(attention))
    bq, bk, bv = (_bias(linear, head, D) for linear in _linears(attention))
    return OneHead(
        layer=layer,
        head=head,
        x=site.attention_in[layer].copy(),  # a view would keep the whole stage in memory
        y=site.keys_in[layer].copy() if site.is_cross else None,
        Wq=Wq,
        Wk=Wk,
        Wv=Wv,
        bq=bq,
        bk=bk,
        bv=bv,
        queries=queries,
        keys=keys,
        values=site.values[layer, head].copy(),
        scores=site.of_head("scores", layer, head),
        scaled=site.of_head("scaled", layer, head),
        masked=site.of_head("masked", layer, head),
        weights=site.maps("weights")[layer, head].copy(),
        head_out=site.head_out[layer, head].copy(),
        projection=projection,
        contribution=contribution,
        visible=site.visible,
        scale=float(site.scale),
        temperature=switches.temperature,
        normed=config.norm == "pre" and not switches.norm_off,
        qk_norm=attention.qk_norm,
        rotated=attention.rotary and not site.is_cross and not switches.positions_off,
        projected=attention.proj is not None,
        edited=(layer, head) in switches.weights_edit,
        off=off,
    )


def _linears(attention: Attention) -> tuple[nn.Linear, nn.Linear, nn.Linear]:
    return attention.query, attention.key, attention.value


def _columns(linear: nn.Linear, head: int, D: int) -> np.ndarray:
    """(C, D): the columns that make one head's channels."""
    return linear.weight[head * D : (head + 1) * D].T.float().cpu().numpy()


def _bias(linear: nn.Linear, head: int, D: int) -> np.ndarray | None:
    """(1, D)."""
    bias: torch.Tensor | None = linear.bias
    if bias is None:
        return None
    return bias[None, head * D : (head + 1) * D].float().cpu().numpy()
