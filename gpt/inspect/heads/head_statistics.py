"""Head statistics: what every head does over a corpus, added up block by block.

Statistics of two parts of a corpus add up to those of the whole, so blocks can be read in any order
and by several processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpt.inspect.heads.patterns import NAMES, Patterns, patterns
from gpt.inspect.site import StreamSite
from gpt.inspect.trace import trace
from gpt.nn.model import GPT
from gpt.nn.switches import main_site

ACTIVATION, BLOCK, QUERY, KEY, WEIGHT = range(5)
"""What is kept of a place where a head is most active, in this order."""


@dataclass(frozen=True, eq=False)
class HeadStatistics:
    """What every head does over some blocks of a corpus.

    Fields:
        patterns: the pattern scores.
        entropies: (L, H), sums over queries, in nats.
        activations: (L, H), sums over queries of the length of what the head adds to the residual
            stream: the L2 norm of its contribution, without the bias that all heads share.
        queries: how many.
        peaks: (L, H, K, 5), the blocks in which a head adds most at one query, the most active
            first: activation, number of the block, query, its strongest key, that weight. Places
            that are free have the activation −inf. The first query of a block is left out: it sees
            itself alone, wherever the block was cut.
    """

    patterns: Patterns
    entropies: np.ndarray
    activations: np.ndarray
    queries: int
    peaks: np.ndarray

    def __add__(self, other: HeadStatistics) -> HeadStatistics:
        return HeadStatistics(
            self.patterns + other.patterns,
            self.entropies + other.entropies,
            self.activations + other.activations,
            self.queries + other.queries,
            strongest(np.concatenate([self.peaks, other.peaks], axis=2), self.peaks.shape[2]),
        )

    @property
    def entropy(self) -> np.ndarray:
        """(L, H): mean entropy over the queries, in nats."""
        return np.asarray(self.entropies / max(1, self.queries))

    @property
    def activation(self) -> np.ndarray:
        """(L, H): mean length of what a head adds to the residual stream."""
        return np.asarray(self.activations / max(1, self.queries))


def strongest(peaks: np.ndarray, count: int) -> np.ndarray:
    """The `count` most active places of each head, (L, H, n, 5) to (L, H, count, 5).

    Of two equal ones, that of the earlier block comes first.
    """
    order = np.lexsort((peaks[..., BLOCK], -peaks[..., ACTIVATION]), axis=-1)
    return np.take_along_axis(peaks, order[..., :count, None], axis=2)


def no_blocks(model: GPT, count: int) -> HeadStatistics:
    """The statistics of no text.

    Args:
        count: places that are kept for each head (K).
    """
    shape = len(model.sites[main_site(model.sites)]), model.config.n_head
    zeros = np.zeros(shape)
    none = Patterns(np.zeros((len(NAMES), *shape)), np.zeros(len(NAMES), dtype=np.int64))
    peaks = np.zeros((*shape, count, 5))
    peaks[..., ACTIVATION] = -np.inf
    return HeadStatistics(none, zeros, zeros, 0, peaks)


def of_block(
    model: GPT, ids: Sequence[int], number: int, count: int, pieces: Sequence[str] | None = None
) -> HeadStatistics:
    """The statistics of one block.

    Args:
        ids: (T,)
        number: of the block in the corpus.
        count: places that are kept for each head (K).
        pieces: (T,), the tokens' texts, for the patterns of words.
    """
    site = trace(model, ids)
    norms = _norms(site)  # (L, H, T)
    L, H, T = norms.shape
    start, first = no_blocks(model, count), min(1, T - 1)
    peaks = start.peaks
    for l, h in np.ndindex(L, H):
        query = first + int(norms[l, h, first:].argmax())
        row = site.of_head("weights", l, h)[query]
        key = int(row.argmax())
        peaks[l, h, 0] = norms[l, h, query], number, query, key, row[key]
    scores = patterns(site.maps("weights"), np.asarray(ids), site.visible, pieces)
    entropies = site.row_entropy.sum(-1, dtype=np.float64)
    return HeadStatistics(scores, entropies, norms.sum(-1), T, peaks)


def _norms(site: StreamSite) -> np.ndarray:
    """(L, H, T): the length of each head's contribution, from (D, D) products and not (T, C) ones.

    |o W|² = o (W Wᵀ) oᵀ, for each row o of `head_out`.
    """
    outputs, slices = (array.astype(np.float64) for array in (site.head_out, site.projections))
    squares = slices @ slices.swapaxes(-1, -2)  # (L, H, D, C) -> (L, H, D, D)
    lengths: np.ndarray = np.einsum("lhtd,lhde,lhte->lht", outputs, squares, outputs, optimize=True)
    return np.sqrt(lengths.clip(min=0))
