"""Batches: targets are the next tokens, and a whole text is read exactly once."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from gpt.nn.loss import IGNORED
from gpt.text.batches import (
    consecutive_blocks,
    examples,
    overlapping_blocks,
    random_blocks,
    split,
)

B, T = 5, 7


def test_targets_are_shifted_by_one() -> None:
    ids = torch.arange(100) * 3
    x, y = random_blocks(ids, T, B, torch.Generator().manual_seed(1))
    assert x.shape == y.shape == (B, T)
    assert torch.equal(y, x + 3)
    assert torch.equal(x[:, 1:], y[:, :-1])


def test_blocks_start_anywhere_they_fit() -> None:
    """Of 11 tokens a block of 7 and its targets can start at 0, 1, 2 and 3, about equally."""
    ids = torch.arange(11)
    x, y = random_blocks(ids, T, 4000, torch.Generator().manual_seed(2))
    starts = Counter(x[:, 0].tolist())
    assert sorted(starts) == [0, 1, 2, 3]
    assert all(850 < count < 1150 for count in starts.values())
    assert int(y.max()) == 10


def test_the_generator_decides_the_blocks() -> None:
    ids = torch.arange(1000)
    first, again, other = (
        random_blocks(ids, T, B, torch.Generator().manual_seed(seed))[0] for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("length", [2, 7, 8, 9, 14, 15, 16, 36, 71, 72, 100])
@pytest.mark.parametrize("batch_size", [1, 3, B])
def test_consecutive_blocks_predict_each_position_once(length: int, batch_size: int) -> None:
    ids = torch.arange(length)
    predicted: list[int] = []
    for x, y in consecutive_blocks(ids, T, batch_size):
        assert x.shape == y.shape
        assert 1 <= x.shape[0] <= batch_size and 1 <= x.shape[1] <= T
        assert torch.equal(y, x + 1)
        predicted += y.flatten().tolist()
    assert predicted == list(range(1, length))


def test_the_ragged_end_comes_by_itself() -> None:
    shapes = [tuple(x.shape) for x, _ in consecutive_blocks(torch.arange(1 + 7 * 8 + 3), T, B)]
    assert shapes == [(5, 7), (3, 7), (1, 3)]


@pytest.mark.parametrize("length", [2, 3, 7, 8, 9, 10, 11, 12, 16, 36, 100])
@pytest.mark.parametrize("batch_size", [1, 3, B])
def test_overlapping_blocks_predict_each_position_once_after_half_a_block(
    length: int, batch_size: int
) -> None:
    predicted: list[int] = []
    for x, y in overlapping_blocks(torch.arange(length), T, batch_size):
        assert x.shape == y.shape and 1 <= x.shape[0] <= batch_size
        is_new = y != IGNORED
        assert torch.equal(y[is_new], x[is_new] + 1)
        before = torch.arange(x.shape[1]).expand_as(x)
        assert (before >= torch.minimum(x, torch.tensor(T // 2)))[is_new].all()
        predicted += y[is_new].tolist()
    assert predicted == list(range(1, length))


def test_overlapping_blocks_by_hand() -> None:
    """Ten tokens in blocks of four: each block begins two later, the last one at the end."""
    (x, y), *rest = overlapping_blocks(torch.arange(10), 4, 9)
    assert not rest
    assert x.tolist() == [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7], [5, 6, 7, 8]]
    assert y.tolist() == [[1, 2, 3, 4], [-1, -1, 5, 6], [-1, -1, 7, 8], [-1, -1, -1, 9]]


def test_a_block_holds_as_many_examples_as_it_has_tokens_to_predict() -> None:
    """Lecture, 14:27: the first block of Tiny Shakespeare."""
    assert examples([18, 47, 56, 57, 58]) == [
        ([18], 47),
        ([18, 47], 56),
        ([18, 47, 56], 57),
        ([18, 47, 56, 57], 58),
    ]


def test_the_split_keeps_the_order_and_loses_nothing() -> None:
    train, validation = split(torch.arange(101))
    assert (len(train), len(validation)) == (90, 11)
    assert torch.cat((train, validation)).tolist() == list(range(101))
