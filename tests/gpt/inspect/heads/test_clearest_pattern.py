"""What tells a head apart, on maps written by hand: one head looks back, one at the beginning."""

from __future__ import annotations

import numpy as np

from gpt.inspect.heads.clearest_pattern import clearest_head, clearest_pattern
from gpt.inspect.heads.patterns import patterns
from tests.close import close

T = 8
VISIBLE = np.tril(np.ones((T, T), bool))
EVEN = VISIBLE / VISIBLE.sum(-1, keepdims=True)
BEFORE = np.eye(T, k=-1)
BEFORE[0, 0] = 1.0
FIRST = np.zeros((T, T))
FIRST[:, 0] = 1.0


def of(*heads: np.ndarray) -> np.ndarray:
    return np.stack(heads)[None]


def test_a_head_is_told_apart_by_the_pattern_in_which_it_exceeds_the_others() -> None:
    measured = patterns(of(EVEN, BEFORE, FIRST), np.arange(T), VISIBLE)
    before = clearest_pattern(measured, (0, 1))
    assert before is not None and before.name == "previous token"
    assert before.score == close(1.0)
    # The even head gives 1 / (i + 1) to the token before, the other one only where it is the first.
    even = np.mean([1 / (i + 1) for i in range(1, T)])
    assert before.others == close((even + 1 / (T - 1)) / 2)
    first = clearest_pattern(measured, (0, 2))
    assert first is not None and first.name == "first token"
    assert clearest_pattern(measured, (0, 0)) is None


def test_a_first_look_falls_on_the_clearest_head_and_on_none_that_rests() -> None:
    ids = np.arange(T)
    assert clearest_head(patterns(of(EVEN, FIRST, BEFORE), ids, VISIBLE)) == (0, 2)
    assert clearest_head(patterns(of(EVEN, FIRST), ids, VISIBLE)) == (0, 0)
    assert clearest_head(patterns(of(EVEN, EVEN), ids, VISIBLE)) == (0, 0)
    assert clearest_head(patterns(of(BEFORE), ids, VISIBLE)) == (0, 0)


def test_a_pattern_of_few_queries_tells_nothing() -> None:
    few = 4  # three queries have a token before
    visible = VISIBLE[:few, :few]
    measured = patterns(of(BEFORE[:few, :few], EVEN[:few, :few]), np.arange(few), visible)
    assert clearest_pattern(measured, (0, 0)) is None
