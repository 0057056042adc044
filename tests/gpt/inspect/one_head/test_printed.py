"""Printed numbers: what is shown adds up, digit by digit."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

import gpt
from gpt.inspect.one_head.matrices import one_head
from gpt.inspect.one_head.one_cell import logit_shares, story
from gpt.inspect.one_head.printed import Sum, digits_for, printed_shares, printed_story, rounded
from tests.gpt import tiny


def digits(numbers: np.ndarray, count: int) -> list[Decimal]:
    """As they stand on the page."""
    return [Decimal(f"{number:.{count}f}") for number in np.atleast_1d(numbers)]


def adds_up(shown: Sum) -> bool:
    columns = shown.parts.reshape(len(shown.parts), -1).T
    totals = digits(shown.total, shown.digits)
    found = [sum(digits(column, shown.digits)) for column in columns]
    return found == totals


def test_the_parts_of_a_printed_sum_add_up_and_the_total_is_rounded_as_usual() -> None:
    parts = np.random.default_rng(1).normal(size=(64, 7))
    shown = rounded(parts, 4)
    assert adds_up(shown)
    np.testing.assert_array_equal(shown.total, np.round(parts.sum(0), 4))
    assert np.abs(shown.parts - parts).max() <= 1e-4
    assert not np.array_equal(np.round(parts, 4).sum(0).round(4), shown.total)  # it takes care


@pytest.mark.parametrize(
    ("number", "count"), [(0, 4), (5000, 4), (0.1, 4), (0.0999, 5), (-0.001, 6), (1e-30, 9)]
)
def test_small_numbers_get_more_digits(number: float, count: int) -> None:
    assert digits_for(np.array([number])) == count


@pytest.mark.parametrize("cell", [(10, 3), (10, 10), (0, 0), (4, 7)])
@pytest.mark.parametrize("switches", [{}, {"temperature": 0.3, "scale": "none"}])
def test_every_sum_of_a_story_adds_up(cell: tuple[int, int], switches: dict[str, object]) -> None:
    model = tiny.random_model(tiny.config())
    found = gpt.trace(model, tiny.random_ids(), gpt.Switches(**switches))
    taken = one_head(model, found, 0, 1)
    told = story(taken, *cell)
    shown = printed_story(told, taken.head_out[cell[0]])
    assert all(adds_up(part) for part in (shown.score, shown.row, shown.out))
    assert shown.score.total == pytest.approx(told.score, abs=6e-5)
    assert shown.row.total == pytest.approx(told.total, abs=6e-5)
    assert (shown.scaled is None) == (cell == (4, 7))
    if shown.scaled is not None:
        assert adds_up(shown.scaled)
        expected = told.scaled / told.temperature
        assert shown.scaled.total == pytest.approx(expected, abs=6e-5)
        assert shown.row_keys[0] == cell[1]
    shares = printed_shares(logit_shares(model, found, taken, told))
    assert adds_up(shares.shares)
    logits = found.logits[cell[0]][shares.promoted + shares.suppressed]
    np.testing.assert_allclose(shares.shares.total, logits, atol=6e-5)


def test_a_long_row_is_printed_with_its_largest_and_one_sum_of_the_others() -> None:
    model = tiny.random_model(tiny.config(block_size=40))
    found = gpt.trace(model, tiny.random_ids(40))
    taken = one_head(model, found, 1, 0)
    shown = printed_story(story(taken, 39, 4), taken.head_out[39])
    assert len(shown.row_keys) == 8 and shown.rest == 32 and len(shown.row.parts) == 9
    short = printed_story(story(taken, 5, 4), taken.head_out[5])
    assert sorted(short.row_keys) == list(range(6)) and short.rest == 0


def test_a_look_that_adds_nothing_moves_no_token() -> None:
    model = tiny.random_model(tiny.config())
    found = gpt.trace(model, tiny.random_ids())
    taken = one_head(model, found, 0, 0)
    shares = printed_shares(logit_shares(model, found, taken, story(taken, 2, 8)))
    assert shares.promoted == shares.suppressed == []
