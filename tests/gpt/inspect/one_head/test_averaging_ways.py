"""Averaging the past: the lecture's own numbers, and three ways that agree."""

from __future__ import annotations

import pytest
import torch

from gpt.inspect.one_head.averaging_ways import WAYS, by_loop, lower_triangle, seconds, sums

LECTURE = torch.tensor([[2.0, 7.0], [6.0, 4.0], [6.0, 5.0]])


def test_sums_are_the_lectures() -> None:
    assert sums(LECTURE).tolist() == [[2, 7], [8, 11], [14, 16]]


@pytest.mark.parametrize("name", WAYS)
def test_means_of_the_lectures_numbers(name: str) -> None:
    means = WAYS[name](LECTURE)
    expected = torch.tensor([[2, 7], [4, 5.5], [14 / 3, 16 / 3]])
    assert torch.allclose(means, expected, atol=1e-6)


@pytest.mark.parametrize("name", ["matrix product", "softmax"])
@pytest.mark.parametrize("T", [1, 2, 7, 65])
def test_every_way_is_the_loop(name: str, T: int) -> None:
    x = torch.randn(T, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(T))
    assert torch.allclose(WAYS[name](x), by_loop(x), atol=1e-12)


def test_a_later_row_changes_no_earlier_mean() -> None:
    x = torch.randn(9, 3, generator=torch.Generator().manual_seed(1))
    changed = torch.cat([x[:6], x[6:] + 100])
    for way in WAYS.values():
        assert torch.allclose(way(changed)[:6], way(x)[:6], atol=1e-5)


def test_the_triangle_has_itself_and_the_past() -> None:
    assert lower_triangle(3).tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


def test_times_are_one_for_each_length() -> None:
    found = seconds(by_loop, [2, 8], turns=1)
    assert len(found) == 2 and min(found) > 0
