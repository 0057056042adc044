"""large: traces whose weights are too large to keep are made in strips, some queries at a time.

GPT-2's weights for 1,024 tokens are 600 MB. Each strip of them is written over the one before, into
memory that stays in the processor's cache, and only a summary of it is kept. The weights of one
head are computed again, by the same function, when somebody asks for them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import torch

from gpt.inspect.maps import block_starts
from gpt.inspect.stage_recorder import StageRecorder, ceiling, weights_in_place
from gpt.nn.attention import take
from gpt.nn.switches import Resolved

BLOCKS = 12
"""Rows of blocks in one strip: of GPT-2 at 1,024 tokens, 128 queries and 6 MB."""

STRIP = 256
"""Queries in one strip when the weights of one head are computed again."""

LOG_OF_ZERO = -104.0
"""Stands for the logarithm of 0, since −∞ × 0 is no number; lower than that of any float32."""


def strips(
    queries: torch.Tensor,
    keys: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
    temperature: float,
    starts: Sequence[int],
    buffer: torch.Tensor | None = None,
) -> Iterator[tuple[slice, torch.Tensor]]:
    """`gpt.nn.attention.attention_weights`, one strip of queries after the other.

    Keys that no query of a strip may see are left out: with a causal mask, nearly half of all.

    Args:
        queries: (..., T, D).
        keys: (..., S, D).
        mask: (T, S), True where query i may see key j; None if every query sees every key.
        starts: the first query of each strip, from 0 on.
        buffer: as many numbers as the largest strip has; every strip is written there, over the
            one before. None takes new memory for each.

    Yields:
        The queries of the strip, and their weights (..., n, w) on the first w keys; their weights
        on the other keys are 0.
    """
    for start, stop in pairwise([*starts, queries.shape[-2]]):
        rows = slice(start, stop)
        width, partial = _columns(None if mask is None else mask[rows], keys.shape[-2])
        strip = queries[..., rows, :]  # (..., n, D)
        shape = (*strip.shape[:-1], width)
        out = None if buffer is None else buffer.view(-1)[: math.prod(shape)].view(shape)
        few = keys[..., :width, :]
        most = ceiling(partial)
        yield rows, weights_in_place(strip, few, most, scale, temperature, out)


def _columns(mask: torch.Tensor | None, S: int) -> tuple[int, torch.Tensor | None]:
    """The part of a strip's mask that has to be applied.

    Returns:
        w, such that no query sees a key after the first w; and the (n, m) mask of the last m of
        those w keys. Every query sees the keys before them. None if every query sees all w keys.
    """
    if mask is None:
        return S, None
    width = int(mask.any(0).nonzero().max()) + 1
    hidden = (~mask[:, :width]).any(0).nonzero()
    return width, mask[:, int(hidden.min()) : width] if len(hidden) else None


def weights_of_head(queries: torch.Tensor, keys: torch.Tensor, rule: Resolved) -> np.ndarray:
    """(T, S): the weights of one head, from the queries (T, D) and keys (S, D) of its pass."""
    T, S = len(queries), len(keys)
    whole, starts = np.zeros((T, S), np.float32), range(0, T, STRIP)
    mask, temperature = visible_matrix(rule, T, S), rule.switches.temperature
    mask = None if mask is None else mask.to(queries.device)
    for rows, weights in strips(queries, keys, mask, rule.scale, temperature, starts):
        whole[rows, : weights.shape[-1]] = weights.float().numpy()
    return whole


def visible_matrix(rule: Resolved, T: int, S: int) -> torch.Tensor | None:
    """(T, S): the mask of a pass with B = 1, padding included; None if every query sees all."""
    mask = rule.visible(T)
    return None if mask is None else mask.expand(1, 1, T, S)[0, 0]


class LargeRecorder(StageRecorder):
    """Keeps only a summary of the weights: `row_entropy`, `row_top` and `peaks`.

    Args:
        queries, keys: T and S.
    """

    def __init__(self, n_layer: int, n_states: int, queries: int, keys: int) -> None:
        super().__init__(n_layer, n_states)
        self.n_queries = queries
        self._rows, self._columns = block_starts(queries), block_starts(keys)
        self._starts: list[int] = self._rows[::BLOCKS].tolist()
        self._buffer: torch.Tensor | None = None

    def attend(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        layer: int,
        rule: Resolved,
    ) -> torch.Tensor | None:
        """Compute the weights in strips; the model computes a layer whose weights are edited."""
        self.rule = rule
        if rule.edits_of(layer):
            return None
        mask = visible_matrix(rule, queries.shape[2], keys.shape[2])
        temperature, buffer = rule.switches.temperature, self._memory(queries, keys)
        head_out = torch.empty_like(queries)
        for rows, weights in strips(
            queries, keys, mask, rule.scale, temperature, self._starts, buffer
        ):
            head_out[:, :, rows] = take(weights, values[:, :, : weights.shape[-1]])
            self._summarize(layer, rows, weights)
        return head_out

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        if name != "weights":
            super().record(name, layer, tensor)
            return
        assert layer is not None
        for start, stop in pairwise([*self._starts, self.n_queries]):
            self._summarize(layer, slice(start, stop), tensor[:, :, start:stop])

    def _memory(self, queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """The memory that every strip of every layer is written into."""
        if self._buffer is None:
            B, H, T, _ = queries.shape
            largest = max(stop - start for start, stop in pairwise([*self._starts, T]))
            self._buffer = queries.new_empty(B * H * largest * keys.shape[2])
        return self._buffer

    def _summarize(self, layer: int, rows: slice, weights: torch.Tensor) -> None:
        """Keep the entropy, the largest weight and the blocks' peaks of (1, H, n, w)."""
        strip = weights[0].detach().float().cpu()
        per_query = (len(strip), self.n_queries)
        self.layer("row_entropy", layer, per_query)[:, rows] = _entropy(strip).numpy()
        self.layer("row_top", layer, per_query)[:, rows] = strip.amax(-1).numpy()
        blocks = slice(*np.searchsorted(self._rows, (rows.start, rows.stop)))
        peaks = self.layer("peaks", layer, (len(strip), len(self._rows), len(self._columns)))
        peaks[:, blocks] = self._peaks(strip, self._rows[blocks] - rows.start)

    def _peaks(self, weights: torch.Tensor, starts: np.ndarray) -> np.ndarray:
        """(H, n, w) to (H, rows, columns) of blocks: the largest of each block; 0 beyond w."""
        peaks = np.zeros((len(weights), len(starts), len(self._columns)), np.float32)
        columns = self._columns[self._columns < weights.shape[-1]]
        for n, (a, b) in enumerate(pairwise([*starts, weights.shape[1]])):
            rows = weights[:, a:b].amax(1).numpy()
            np.maximum.reduceat(rows, columns, axis=-1, out=peaks[:, n, : len(columns)])
        return peaks


def _entropy(weights: torch.Tensor) -> torch.Tensor:
    """(..., w) to (...): in nats."""
    return -weights.log().clamp_(min=LOG_OF_ZERO).mul_(weights).sum(-1)
