"""Curves of a stage's numbers: the values that were measured, in the colour of their run."""

from __future__ import annotations

import numpy as np

from viz.colors import RUNS
from viz.figures.runs.stage_curves import StageCurve, stage_curves

STEPS = np.array([0, 5, 10])


def test_a_number_that_was_not_measured_is_left_out_and_colours_are_of_runs() -> None:
    runs = [
        StageCurve("a <b>", STEPS, {"kl": np.array([0.0, np.nan, 0.5])}),
        StageCurve("c", STEPS, {"kl": np.ones(3), "reward": np.array([1.0, 2.0, 3.0])}),
    ]
    figure = stage_curves(runs, {"kl": "KL", "reward": "reward"})
    assert [title.text for title in figure.layout.annotations] == ["KL", "reward"]
    first, second, third, fourth = figure.data
    assert list(first.x) == [0, 10] and list(first.y) == [0.0, 0.5] and first.name == "a &lt;b&gt;"
    assert len(third.x) == 0, "this run has no reward"
    assert list(fourth.y) == [1.0, 2.0, 3.0]
    assert [line.line.color for line in figure.data] == [RUNS[0], RUNS[1], RUNS[0], RUNS[1]]
    assert [line.showlegend for line in figure.data] == [True, True, False, False]
    late = StageCurve("late", STEPS, {"reward": np.ones(3)})
    keys = [line.showlegend for line in stage_curves([late], {"kl": "KL", "reward": "r"}).data]
    assert keys == [False, True], "its key stands where it has a line"
    assert (first.xaxis, fourth.xaxis) == ("x", "x2") and second.xaxis == "x"
