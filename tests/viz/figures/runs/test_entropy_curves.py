"""Entropy curves: the figure's data, not its pixels."""

from __future__ import annotations

import numpy as np
import pytest

from viz.colors import RUNS
from viz.figures.runs.entropy_curves import HeadEntropies, entropy_curves

HEADS = np.array([[[1.0, 2.0]], [[0.5, 1.5]], [[0.25, 1.25]]])  # 3 snapshots, 1 layer, 2 heads
STEPS = np.array([0, 50, 100])


def test_the_mean_is_strong_and_every_head_is_there() -> None:
    figure = entropy_curves([HeadEntropies("a<b", STEPS, HEADS, 2.0)])
    heads, mean = figure.data
    assert mean.name == "a&lt;b" and heads.showlegend is False
    assert mean.x.tolist() == [0, 50, 100]
    assert mean.y.tolist() == [1.5, 1.0, 0.75]
    np.testing.assert_array_equal(heads.x, [0, 50, 100, np.nan, 0, 50, 100, np.nan])
    np.testing.assert_array_equal(heads.y, [1, 0.5, 0.25, np.nan, 2, 1.5, 1.25, np.nan])


def test_runs_keep_the_colours_of_the_loss_curves() -> None:
    runs = [HeadEntropies(name, STEPS, HEADS, 2.0) for name in "ab"]
    assert [trace.line.color for trace in entropy_curves(runs).data[1::2]] == list(RUNS[:2])


def test_the_uniform_line_is_drawn_once_a_value_and_lies_inside() -> None:
    runs = [HeadEntropies(name, STEPS, HEADS, at) for name, at in (("a", 2.5), ("b", 2.5))]
    figure = entropy_curves([*runs, HeadEntropies("c", STEPS, HEADS, 3.5)], until=400)
    assert [shape.y0 for shape in figure.layout.shapes] == [2.5, 3.5]
    assert "2.50: every key" in figure.layout.annotations[0].text
    assert figure.layout.yaxis.range[0] == 0 and figure.layout.yaxis.range[1] > 3.5
    assert tuple(figure.layout.xaxis.range) == (0, 400)


def test_a_run_that_has_not_begun_is_an_empty_line() -> None:
    nothing = HeadEntropies("a", np.zeros(0), np.zeros((0, 1, 1)), 0.0)
    figure = entropy_curves([nothing, HeadEntropies("b", STEPS, HEADS, 2.0)])
    assert len(figure.data[1].x) == 0
    assert figure.data[3].line.color == RUNS[1]
    assert [shape.y0 for shape in figure.layout.shapes] == [2.0]


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"heads must be \(N, L, H\) with N = 3 steps, got \(2, 1"):
        HeadEntropies("a", STEPS, HEADS[:2], 2.0)
