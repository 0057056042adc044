"""Sums as shown: whoever adds up the printed numbers gets the printed total."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gpt.inspect.one_head.sums import adding_up


def test_a_sum_that_rounding_would_break() -> None:
    # 0.00004 + 0.00003 rounds to 0.0000 + 0.0000 = 0.0001: the nearer to going up goes up.
    parts, total = adding_up(np.array([[0.00004], [0.00003]]))
    assert parts.tolist() == [[0.0001], [0.0]]
    assert total.tolist() == [0.0001]


def test_a_sum_that_needs_nothing_is_left_alone() -> None:
    parts, total = adding_up(np.array([[1.23456], [-0.5]]), digits=2)
    assert parts.tolist() == [[1.23], [-0.5]]
    assert total.tolist() == [0.73]


@given(arrays(np.float64, (5, 3), elements=st.floats(-50, 50)))
def test_printed_numbers_add_up_and_are_near(exact: np.ndarray) -> None:
    parts, total = adding_up(exact, digits=3)
    units = np.rint(parts * 1000).astype(int)
    assert (units.sum(axis=0) == np.rint(total * 1000).astype(int)).all()
    assert np.abs(parts - exact).max() < 0.001 + 1e-9
    assert np.abs(total - exact.sum(axis=0)).max() <= 0.0005 + 1e-9
