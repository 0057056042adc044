"""Multi-head self-attention: how much each query takes from each key, and what it takes.

"How much" (`attention_weights`) is a pure function apart from "what" (`attend`). There is one
branch, in `attend`: the fused kernel where nobody looks and nothing is changed; otherwise the
output is computed from the very weights that are recorded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from gpt.nn.cache import KVCache
from gpt.nn.config import GPTConfig
from gpt.nn.positions import rotate
from gpt.nn.recorder import Recorder
from gpt.nn.switches import Resolved


def attention_weights(
    queries: torch.Tensor,
    keys: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
    temperature: float = 1.0,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    """Share out each query's attention over the keys: softmax of the scaled, masked scores.

    Args:
        queries: (..., T, D).
        keys: (..., S, D).
        mask: (T, S), True where query i may see key j; None where all may. One of fewer columns
            is of the last keys, and all queries see those before.
        out: (..., T, S), which every step is written to, outside of autograd; None: a new one.

    Returns:
        (..., T, S); every row sums to 1, masked entries are exactly 0.

    Source: Attention Is All You Need, equation 1.
    """
    scores = torch.matmul(queries, keys.transpose(-2, -1), out=out)  # (..., T, S)
    # In place: for GPT-2 each new (H, T, T) is 50 MB, which takes longer to get than to fill.
    masked = scores.mul_(scale)
    if mask is not None:
        masked[..., -mask.shape[-1] :].masked_fill_(~mask, -torch.inf)
    if temperature != 1:
        masked.div_(temperature)
    return torch.softmax(masked, dim=-1, out=out)


def strips(
    queries: torch.Tensor,
    keys: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
    temperature: float,
    starts: Sequence[int],
    room: torch.Tensor | None = None,
) -> Iterator[tuple[slice, torch.Tensor]]:
    """`attention_weights` of some queries after the other, so that large ones stay in the cache.

    Keys that none of these queries may see are left out: with a causal mask, nearly half of all.

    Args:
        starts: the first query of each strip, from 0 on.
        room: as many numbers as the largest strip has, to make all of them in; None: new ones.

    Yields:
        Which queries, and their weights (..., n, w); on keys from w on they are 0.
    """
    for start, stop in pairwise([*starts, queries.shape[-2]]):
        rows = slice(start, stop)
        width, hidden = _seen(None if mask is None else mask[rows], keys.shape[-2])
        some = queries[..., rows, :]
        shape = (*some.shape[:-1], width)
        out = None if room is None else room.view(-1)[: math.prod(shape)].view(shape)
        yield rows, attention_weights(some, keys[..., :width, :], hidden, scale, temperature, out)


def _seen(mask: torch.Tensor | None, S: int) -> tuple[int, torch.Tensor | None]:
    """Up to which key some query sees, and the mask from the first key that some do not see."""
    if mask is None:
        return S, None
    width = int(mask.any(0).nonzero().max()) + 1
    some = (~mask[:, :width]).any(0).nonzero()
    return width, mask[:, int(some.min()) : width] if len(some) else None


def attend(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    layer: int,
    rule: Resolved,
    recorder: Recorder | None,
) -> torch.Tensor:
    """What each query takes from the values: (B, H, T, D).

    Args:
        queries: (B, H, T, D), of the latest T of S tokens.
        keys, values: (B, H, S, D).
    """
    T, S = queries.shape[2], keys.shape[2]
    mask = None if rule.mask is None else rule.mask[S - T : S, :S]
    if rule.fused and (recorder is None or not recorder.into_attention):
        whole = mask is not None and T == S
        return F.scaled_dot_product_attention(
            queries,
            keys,
            values,
            attn_mask=None if whole else mask,
            is_causal=whole,
            scale=rule.scale,
        )
    edits = {head: edited for (l, head), edited in rule.edits.items() if l == layer}
    if recorder is not None and recorder.strips and not edits:
        head_out = _in_strips(queries, keys, values, layer, mask, rule, recorder)
    else:
        room = None if recorder is None else recorder.room("weights", layer, queries, S)
        temperature = rule.switches.temperature
        weights = attention_weights(queries, keys, mask, rule.scale, temperature, room)
        for head, edited in edits.items():
            weights[:, head] = edited
        head_out = weights @ values
        if recorder is not None:
            recorder.record("weights", layer, weights)
    if recorder is not None:
        for name, tensor in (("queries", queries), ("keys", keys), ("values", values)):
            recorder.record(name, layer, tensor)
        recorder.record("head_out", layer, head_out)
    return head_out


def _in_strips(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    layer: int,
    mask: torch.Tensor | None,
    rule: Resolved,
    recorder: Recorder,
) -> torch.Tensor:
    """The same for a recorder that takes the weights of some queries after the other."""
    T, starts = queries.shape[2], recorder.strips
    largest = max(stop - start for start, stop in pairwise([*starts, T]))
    room = recorder.room("weights", layer, queries[:, :, :largest], keys.shape[2])
    temperature = rule.switches.temperature
    head_out = torch.empty_like(queries)
    for rows, weights in strips(queries, keys, mask, rule.scale, temperature, starts, room):
        head_out[:, :, rows] = weights @ values[:, :, : weights.shape[-1]]
        recorder.record_strip(layer, rows, weights)
    return head_out


class Attention(nn.Module):
    """Queries, keys and values of every head, their attention, and the output projection."""

    def __init__(self, config: GPTConfig, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.n_head = config.n_head
        self.rotary = config.position == "rotary"
        self.qk_norm = config.qk_norm
        bias = config.bias and config.qkv_bias
        self.query = nn.Linear(config.n_embd, config.n_embd, bias=bias)
        self.key = nn.Linear(config.n_embd, config.n_embd, bias=bias)
        self.value = nn.Linear(config.n_embd, config.n_embd, bias=bias)
        self.proj = (
            nn.Linear(config.n_embd, config.n_embd, bias=config.bias) if config.projection else None
        )

    def forward(
        self,
        x: torch.Tensor,
        rule: Resolved,
        recorder: Recorder | None = None,
        cache: KVCache | None = None,
    ) -> torch.Tensor:
        """(B, T, C) to (B, T, C)."""
        queries, keys, values = (self._split(f(x)) for f in (self.query, self.key, self.value))
        if self.qk_norm:
            queries = F.rms_norm(queries, queries.shape[-1:])
            keys = F.rms_norm(keys, keys.shape[-1:])
        if self.rotary and not rule.switches.positions_off:
            start = cache.length if cache is not None else 0
            queries, keys = rotate(queries, start), rotate(keys, start)
        if cache is not None:
            keys, values = cache.extend(self.layer, keys, values)
        head_out = attend(queries, keys, values, self.layer, rule, recorder)
        if off := rule.heads_off(self.layer):
            head_out = head_out.clone()
            head_out[:, off] = 0
        out = head_out.transpose(1, 2).flatten(2)  # (B, T, C): heads side by side
        if self.proj is None:
            return out
        out = self.proj(out)
        return out

    def head_slice(self, head: int) -> torch.Tensor:
        """The part of the output projection that reads one head, (D, C)."""
        D = self.query.out_features // self.n_head
        if self.proj is None:
            whole = torch.eye(self.query.out_features, device=self.query.weight.device)
        else:
            whole = self.proj.weight.T
        return whole[head * D : (head + 1) * D]

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, C) to (B, H, T, D)."""
        B, T, C = x.shape
        return x.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
