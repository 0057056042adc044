"""From one long row of token ids to batches: the split, blocks and examples."""

from __future__ import annotations

from collections.abc import Iterator

import torch


def split(ids: torch.Tensor, train_part: float = 0.9) -> tuple[torch.Tensor, torch.Tensor]:
    """The first 90 % to learn from, the rest to validate on. Lecture, 9:28."""
    n = int(train_part * len(ids))
    return ids[:n], ids[n:]


def random_blocks(
    ids: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Blocks cut at random places, and the same shifted by one: their targets. Lecture, 14:27.

    Returns:
        (x, y), each (B, T): y[b, t] follows x[b, t] in the text.
    """
    starts = torch.randint(len(ids) - block_size, (batch_size, 1), generator=generator)
    at = starts + torch.arange(block_size)
    return ids[at], ids[at + 1]


def consecutive_blocks(
    ids: torch.Tensor, block_size: int, batch_size: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The whole text, block after block; every position is a target once.

    Yields:
        (x, y), each (B, T); the last blocks may make a smaller batch, the last one a shorter
        block.
    """
    whole = (len(ids) - 1) // block_size * block_size
    xs = ids[:whole].view(-1, block_size)
    ys = ids[1 : whole + 1].view(-1, block_size)
    for start in range(0, len(xs), batch_size):
        yield xs[start : start + batch_size], ys[start : start + batch_size]
    if whole < len(ids) - 1:
        yield ids[whole:-1][None], ids[whole + 1 :][None]


def examples(block: list[int]) -> list[tuple[list[int], int]]:
    """A block of T + 1 ids as the T examples that it holds. Lecture, 14:27.

    >>> examples([18, 47, 56, 57])
    [([18], 47), ([18, 47], 56), ([18, 47, 56], 57)]
    """
    return [(block[: t + 1], block[t + 1]) for t in range(len(block) - 1)]
