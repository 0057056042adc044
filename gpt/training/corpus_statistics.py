"""Head statistics over a corpus, by one process or by several that share the blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gpt.errors import PromptError
from gpt.inspect.heads.head_statistics import (
    ACTIVATION,
    HeadStatistics,
    no_blocks,
    of_block,
    strongest,
)
from gpt.inspect.heads.patterns import Patterns
from gpt.nn.model import GPT
from gpt.training.ranks import Alone


def head_statistics(
    model: GPT,
    blocks: np.ndarray,
    count: int,
    ranks: Alone | None = None,
    watch: Callable[[int], None] = lambda number: None,
    pieces_of: Callable[[Sequence[int]], Sequence[str] | None] = lambda ids: None,
) -> HeadStatistics:
    """What every head does over some blocks; each process reads its share of them.

    Args:
        blocks: (N, T) ids.
        count: most active places that are kept for each head (K).
        watch: called after each block that this process has read, with the block's number.
        pieces_of: the texts of a block's tokens, for the patterns of words.

    Returns:
        The statistics of all blocks, the same in every process.

    Raises:
        PromptError: a model without heads, or of two texts.
    """
    if model.config.n_layer == 0 or model.config.kind == "encoder-decoder":
        what = (
            "a bigram has no heads" if model.config.n_layer == 0 else "this model reads two texts"
        )
        raise PromptError(f"{what}; choose a decoder or an encoder")
    ranks = ranks or Alone()
    own = no_blocks(model, count)
    for number in range(ranks.rank, len(blocks), ranks.size):
        ids = blocks[number].tolist()
        own += of_block(model, ids, number, count, pieces_of(ids))
        watch(number)
    return own if ranks.size == 1 else _of_all(own, ranks)


def _of_all(own: HeadStatistics, ranks: Alone) -> HeadStatistics:
    """The statistics of all processes, put together in their order."""
    parts = [own.patterns.sums, own.patterns.queries, own.entropies, own.activations, own.queries]
    sums, pattern_queries, entropies, activations, queries = map(
        ranks.summed, map(np.asarray, parts)
    )
    places = np.zeros((ranks.size, *own.peaks.shape))
    places[ranks.rank] = own.peaks
    places[ranks.rank, ..., ACTIVATION] = np.maximum(own.peaks[..., ACTIVATION], -1)  # no −inf + 0
    together = np.concatenate(list(ranks.summed(places)), axis=2)
    free = together[..., ACTIVATION] < 0
    together[..., ACTIVATION] = np.where(free, -np.inf, together[..., ACTIVATION])
    return HeadStatistics(
        Patterns(sums, pattern_queries.astype(int)),
        entropies,
        activations,
        int(queries),
        strongest(together, own.peaks.shape[2]),
    )
