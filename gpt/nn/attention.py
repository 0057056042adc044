"""Multi-head attention, as the paper and the lecture build it, from the top down.

A query says what a token looks for, a key what a token contains, and a value what it tells to
whoever attends to it. `attention_weights` says how much each query takes from each key, and is a
pure function apart from `take`, which says what it takes. There is one choice, in `attend`: where
nobody looks inside, PyTorch's fused kernel or `weights_for_training`, whichever is faster;
otherwise the output is computed from the very weights that are recorded.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from gpt.nn.cache import KVCache
from gpt.nn.config import GPTConfig
from gpt.nn.norms import rms_norm
from gpt.nn.positions import rotate
from gpt.nn.recorder import Recorder
from gpt.nn.switches import Resolved


def attention_weights(
    queries: torch.Tensor,
    keys: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
    temperature: float = 1.0,
) -> torch.Tensor:
    """Share out each query's attention over the keys: softmax of the scaled, masked scores.

    Args:
        queries: (..., T, D).
        keys: (..., S, D).
        mask: (..., T, S), True where query i may see key j; None if every query sees every key.
        scale: multiplies the scores, 1/√D in the paper.
        temperature: divides what the softmax reads.

    Returns:
        (..., T, S); every row sums to 1, masked entries are exactly 0.

    Source: Attention Is All You Need, equation 1.
    """
    scores = queries @ keys.transpose(-2, -1)  # (..., T, D) @ (..., D, S) -> (..., T, S)
    scaled = scores * scale  # (..., T, S)
    masked = scaled if mask is None else scaled.masked_fill(~mask, -torch.inf)  # (..., T, S)
    return F.softmax(masked / temperature, dim=-1)  # (..., T, S), each row sums to 1


def weights_for_training(
    queries: torch.Tensor, keys: torch.Tensor, mask: torch.Tensor | None, scale: float
) -> torch.Tensor:
    """The same as `attention_weights` with fewer passes over the scores: (..., T, S).

    The queries are scaled, which are smaller than the scores; the mask is added, and the gradient
    of a sum costs nothing. A step of 16 × 256 tokens in bfloat16 takes 5 % less.
    """
    scores = (queries * scale) @ keys.transpose(-2, -1)  # (..., T, D) @ (..., D, S) -> (..., T, S)
    if mask is not None:
        scores = scores + torch.zeros_like(mask, dtype=scores.dtype).masked_fill(~mask, -torch.inf)
    return F.softmax(scores, dim=-1)  # (..., T, S), each row sums to 1


def take(weights: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """What each query takes: the mean of the values, by its weights."""
    return weights @ values  # (..., T, S) @ (..., S, D) -> (..., T, D)


def fused(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, rule: Resolved
) -> torch.Tensor:
    """The same in PyTorch's one kernel, which is faster and keeps no weights: (..., T, D).

    A model's own mask is causal, so a square (T, T) one is, and the last query of a cached text
    sees every key; with padding the mask has a batch axis too.
    """
    T, S = queries.shape[2], keys.shape[2]
    mask = rule.visible(T)  # (..., T, S)
    causal = mask is not None and mask.dim() == 2
    mask = None if causal and T in (1, S) else mask  # the kernel knows the triangle
    return F.scaled_dot_product_attention(
        queries, keys, values, attn_mask=mask, is_causal=causal and T == S, scale=rule.scale
    )


SLOW_KERNEL = 512
"""Keys up to which the fused kernel's backward pass in bfloat16 is slower than the products
themselves on a processor: 3.4 times at 32 keys, 1.5 times at 256. Beyond, it saves memory."""


def fused_is_slower(queries: torch.Tensor, keys: torch.Tensor) -> bool:
    """Whether attention is learned in bfloat16 on a processor, from few keys."""
    learned = queries.dtype == torch.bfloat16 and queries.requires_grad
    return learned and queries.device.type == "cpu" and keys.shape[2] <= SLOW_KERNEL


def attend(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    layer: int,
    rule: Resolved,
    recorder: Recorder | None,
) -> torch.Tensor:
    """What each query of each head takes from the values: (B, H, T, D).

    Args:
        queries: (B, H, T, D); with a cache, of the latest T of S tokens.
        keys, values: (B, H, S, D).
        recorder: may take the attention over (`Recorder.attend`).
    """
    if rule.fused and recorder is None:
        if not fused_is_slower(queries, keys):
            return fused(queries, keys, values, rule)
        mask = rule.visible(queries.shape[2])  # (..., T, S)
        return take(weights_for_training(queries, keys, mask, rule.scale), values)
    head_out = recorder.attend(queries, keys, values, layer, rule) if recorder is not None else None
    if head_out is None:
        mask = rule.visible(queries.shape[2])  # (..., T, S)
        weights = attention_weights(queries, keys, mask, rule.scale, rule.switches.temperature)
        for head, edited in rule.edits_of(layer).items():
            weights[:, head] = edited
        head_out = take(weights, values)
        if recorder is not None:
            recorder.record("weights", layer, weights)
    if recorder is not None:
        for name, stage in (("queries", queries), ("keys", keys), ("values", values)):
            recorder.record(name, layer, stage)
        recorder.record("head_out", layer, head_out)
    return head_out


class Attention(nn.Module):
    """Queries, keys and values of every head, their attention, and the output projection."""

    def __init__(self, config: GPTConfig, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.n_head = config.n_head
        self.rotary = config.position == "rotary"
        self.qk_norm = config.qk_norm
        C = config.n_embd
        bias = config.bias and config.qkv_bias
        self.query = nn.Linear(C, C, bias=bias)
        self.key = nn.Linear(C, C, bias=bias)
        self.value = nn.Linear(C, C, bias=bias)
        self.proj = nn.Linear(C, C, bias=config.bias) if config.projection else None

    def forward(
        self,
        x: torch.Tensor,
        rule: Resolved,
        recorder: Recorder | None = None,
        cache: KVCache | None = None,
        y: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """(B, T, C) to (B, T, C).

        Args:
            y: (B, S, C), what the keys and values come from in cross-attention; None: x itself.
        """
        crossed = y is not None
        if y is None:
            y = x
        elif cache is not None and self.layer in cache.source:
            y = y[:, :0]  # its keys and values are in the cache
        queries = self.by_head(self.query(x))  # (B, T, C) -> (B, H, T, D): what I look for
        keys = self.by_head(self.key(y))  # (B, S, C) -> (B, H, S, D): what I contain
        values = self.by_head(self.value(y))  # (B, S, C) -> (B, H, S, D): what I tell you
        if self.qk_norm:
            queries, keys = rms_norm(queries), rms_norm(keys)
        if self.rotary and not (crossed or rule.switches.positions_off):  # in one sequence
            start = cache.length if cache is not None else 0
            queries, keys = rotate(queries, start), rotate(keys, start)
        if cache is not None:
            extend = cache.keep_source if crossed else cache.extend
            keys, values = extend(self.layer, keys, values)  # (B, H, S, D)
        head_out = attend(queries, keys, values, self.layer, rule, recorder)  # (B, H, T, D)
        if off := rule.heads_off(self.layer):
            head_out = head_out.clone()
            head_out[:, off] = 0
        return self.mix(head_out)

    def by_head(self, x: torch.Tensor) -> torch.Tensor:
        """Cut the channels into H heads of D: (B, T, C) to (B, H, T, D)."""
        B, T, C = x.shape
        H = self.n_head
        heads = x.view(B, T, H, C // H)  # (B, T, C) -> (B, T, H, D)
        return heads.transpose(1, 2)  # (B, T, H, D) -> (B, H, T, D)

    def mix(self, head_out: torch.Tensor) -> torch.Tensor:
        """Set the heads side by side and project them: (B, H, T, D) to (B, T, C)."""
        out = head_out.transpose(1, 2).flatten(2)  # (B, H, T, D) -> (B, T, H, D) -> (B, T, C)
        return out if self.proj is None else self.proj(out)  # (B, T, C) -> (B, T, C)

    def slices(self) -> torch.Tensor:
        """The rows of the output projection that read each head: (D, C) each, one below another."""
        C = self.query.out_features
        return torch.eye(C).to(self.query.weight) if self.proj is None else self.proj.weight.T

    def head_slice(self, head: int) -> torch.Tensor:
        """The part of the output projection that reads one head, (D, C)."""
        D = self.query.out_features // self.n_head
        return self.slices()[head * D : (head + 1) * D]
