"""The ladder's two pictures: their data, labels and what they leave out."""

from __future__ import annotations

import numpy as np

from viz.figures.runs.curves import Curve, loss_curves
from viz.figures.runs.loss_rows import Draws, start_losses
from viz.figures.runs.rung_losses import Step, rung_losses

STEPS = (
    Step("Bigram <1>", 2.5, 4.75, 2.45),
    Step("Blocks, without skips", 2.25, 4.25, None),
    Step("Scaled up", None, None, 1.5, "not trained"),
)


def test_each_loss_is_a_point_and_what_is_not_trained_is_none() -> None:
    figure = rung_losses(STEPS, uniform=4.0, theirs="the lecture")
    drawn = {trace.name: list(trace.y) for trace in figure.data}
    assert drawn == {
        "before training": [4.75, 4.25, None],
        "the lecture": [2.45, None, 1.5],
        "trained": [2.5, 2.25, None],
    }
    assert not figure.data[-1].connectgaps
    assert [note.text for note in figure.layout.annotations] == ["2.500", "2.250", "ln V = 4.00"]
    assert [(line.y0, line.y1) for line in figure.layout.shapes[:-1]] == [(4.75, 2.5), (4.25, 2.25)]


def test_titles_are_escaped_and_say_what_is_missing() -> None:
    bigram, blocks, large = rung_losses(STEPS).layout.xaxis.ticktext
    assert bigram == "Bigram &lt;1&gt;"
    assert blocks == "Blocks,<br>without skips"
    assert large.startswith("Scaled up<br>") and "<i>not trained</i>" in large


def test_all_losses_are_on_the_axis() -> None:
    low, high = rung_losses(STEPS, uniform=4.0).layout.yaxis.range
    assert low < 1.5 and high > 4.75


def test_without_any_figure_of_others_there_is_no_entry_for_them() -> None:
    figure = rung_losses([Step("Bigram", missing="not trained")])
    assert [trace.name for trace in figure.data] == ["trained"]
    low, high = figure.layout.yaxis.range
    assert high - low >= 2


def test_draws_lie_in_rows_with_what_was_expected() -> None:
    rows = [
        Draws("N(0, 1)", (4.5, 4.75), 4.625, ("seed 3", "seed 4")),
        Draws("N(0, 0.02²)", (4.125, 4.25), 4.1875, ("seed 3", "seed 4")),
    ]
    figure = start_losses(rows, {"ln V": 4.25, "theirs": 5.0})
    dots, bar, small, _ = figure.data
    assert list(dots.x) == [4.5, 4.75] and list(dots.y) == [0, 0]
    assert list(dots.customdata) == ["seed 3", "seed 4"]
    assert list(bar.x) == [4.625] and bar.text[0] == "expected 4.625"
    assert list(small.y) == [1, 1]
    assert [(line.x0, line.y0) for line in figure.layout.shapes] == [(4.25, 0), (5.0, 0)]
    assert [note.xanchor for note in figure.layout.annotations] == ["right", "left"]
    top, bottom = figure.layout.yaxis.range[::-1]
    assert top < 0 and bottom > 1


def test_curves_without_batches_have_no_entry_for_them() -> None:
    steps, loss, nothing = np.array([0, 1]), np.array([3.0, 2.0]), np.full(2, np.nan)
    bare = [Curve(name, steps, loss, loss, nothing) for name in "ab"]
    with_batches = [bare[0], Curve("b", steps, loss, loss, loss)]
    keys = [[trace.name for trace in loss_curves(runs).data[6:]] for runs in (bare, with_batches)]
    assert keys == [["validation", "training"], ["validation", "training", "batch"]]
