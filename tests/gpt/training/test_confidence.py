"""Intervals against their formulas by hand."""

from __future__ import annotations

import math

import numpy as np

from gpt.training.confidence import NORMAL, ratio
from tests.close import close


def test_equal_blocks_have_the_interval_of_a_mean() -> None:
    sums = np.array([1.0, 3.0, 2.0, 6.0])  # mean 3; 4 + 0 + 1 + 9 over 3 is their variance
    measured = ratio(sums, np.ones(4))
    width = NORMAL * math.sqrt(14 / 3 / 4)
    assert [measured.value, measured.low, measured.high] == close([3, 3 - width, 3 + width])


def test_blocks_count_by_what_they_hold() -> None:
    measured = ratio(np.array([2.0, 1.0]), np.array([1, 5]))
    width = NORMAL * math.sqrt(2 * (1.5**2 + 1.5**2)) / 6  # off by 2 − 1/2 and 1 − 5/2
    assert [measured.value, measured.low, measured.high] == close([0.5, 0.5 - width, 0.5 + width])


def test_no_count_has_no_value_and_a_single_block_no_interval() -> None:
    assert math.isnan(ratio(np.zeros(3), np.zeros(3)).value)
    measured = ratio(np.array([3.0]), np.array([4]))
    assert measured.value == close(0.75) and math.isnan(measured.low)
