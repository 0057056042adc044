"""From one long row of token ids to batches: the split, blocks and examples."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gpt.nn.loss import IGNORED


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


def overlapping_blocks(
    ids: torch.Tensor, block_size: int, batch_size: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The whole text in blocks of which each repeats half of the one before; every target once.

    So every target but those of the first block has half a block before it.

    Yields:
        (x, y), each (B, T); y is `IGNORED` if an earlier block has predicted it.
    """
    targets = len(ids) - 1
    T = min(block_size, targets)
    step = max(1, T // 2)
    starts = torch.arange(0, targets - T + step, step).clamp(max=targets - T)
    done = torch.cat((torch.zeros(1, dtype=torch.long), starts[:-1] + T))
    for few, until in zip(starts.split(batch_size), done.split(batch_size), strict=True):
        at = few[:, None] + torch.arange(T)
        yield ids[at], torch.where(at >= until[:, None], ids[at + 1], IGNORED)


def examples(block: list[int]) -> list[tuple[list[int], int]]:
    """A block of T + 1 ids as the T examples that it holds. Lecture, 14:27.

    >>> examples([18, 47, 56, 57])
    [([18], 47), ([18, 47], 56), ([18, 47, 56], 57)]
    """
    return [(block[: t + 1], block[t + 1]) for t in range(len(block) - 1)]
