"""Loss curves: the figure's data, not its pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from viz.colors import RUNS
from viz.figures.runs.curves import Curve, loss_curves

NAN = float("nan")


def curve(name: str = "tiny", shift: float = 0.0) -> Curve:
    """Evaluated at steps 0 and 50, and a batch at every 25."""
    return Curve(
        name,
        np.array([0, 25, 50]),
        np.array([4.1, NAN, 2.5]) + shift,
        np.array([4.2, NAN, 2.7]) + shift,
        np.array([NAN, 3.3, 2.4]) + shift,
    )


def named(figure: Any) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data}


def test_values_are_drawn_where_they_were_measured() -> None:
    traces = named(loss_curves([curve()]))
    assert list(traces) == ["batch", "training", "validation"]
    assert traces["validation"].x.tolist() == [0, 50]
    assert traces["validation"].y.tolist() == [4.2, 2.7]
    assert traces["training"].y.tolist() == [4.1, 2.5]
    assert traces["batch"].x.tolist() == [25, 50]
    assert traces["batch"].y.tolist() == [3.3, 2.4]


@pytest.mark.parametrize(("last", "step"), [(3, 1), (11, 1), (50, None)])
def test_steps_have_ticks_at_whole_numbers_only(last: int, step: int | None) -> None:
    losses = np.linspace(4, 3, last + 1)
    run = Curve("short", np.arange(last + 1), losses, losses, losses)
    axis = loss_curves([run]).layout.xaxis
    assert axis.dtick == step and list(axis.range) == [0, last]


def test_training_is_dashed_validation_solid_and_the_batch_faint() -> None:
    traces = named(loss_curves([curve()]))
    assert traces["training"].line.dash == "dash"
    assert traces["validation"].line.dash is None
    assert traces["batch"].opacity < 0.5 < traces["validation"].opacity


def test_each_run_has_one_colour_and_one_entry_in_the_legend() -> None:
    figure = loss_curves([curve("a"), curve("b", 1.0)])
    colours = {trace.legendgroup: trace.line.color for trace in figure.data if trace.legendgroup}
    assert colours == {"a": RUNS[0], "b": RUNS[1]}
    shown = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert shown == ["a", "b", "validation", "training", "batch"]


def test_more_runs_than_colours_start_again() -> None:
    figure = loss_curves([curve(str(n)) for n in range(len(RUNS) + 1)])
    assert named(figure)["0"].line.color == named(figure)[str(len(RUNS))].line.color


def test_baseline_is_a_line_that_says_what_it_is() -> None:
    figure = loss_curves([curve()], baseline=np.log(65))
    (line,) = figure.layout.shapes
    assert line.y0 == line.y1 == pytest.approx(4.174387)
    assert figure.layout.annotations[0].text == "ln V = 4.17: every token equally likely"
    assert figure.layout.yaxis.range[1] > np.log(65)


def test_no_baseline_no_line() -> None:
    assert not loss_curves([curve()]).layout.shapes


def test_axes_say_what_they_measure() -> None:
    layout = loss_curves([curve()], until=600).layout
    assert layout.xaxis.title.text == "optimizer steps"
    assert layout.yaxis.title.text == "loss (nats)"
    assert tuple(layout.xaxis.range) == (0, 600)
    assert tuple(layout.yaxis.range) == (2.0, 4.5)


def test_axes_reach_the_last_step_of_the_longest_run() -> None:
    longer = Curve("b", np.array([0, 90]), *np.ones((3, 2)))
    assert tuple(loss_curves([curve(), longer]).layout.xaxis.range) == (0, 90)


@pytest.mark.parametrize("n", [0, 1])
def test_few_points_can_be_seen(n: int) -> None:
    start = Curve("new", np.arange(n), *np.full((3, n), 4.0))
    figure = loss_curves([start], baseline=4.0)
    assert [len(trace.x) for trace in figure.data] == [n, n, n]
    assert all("markers" in trace.mode for trace in figure.data)


def test_no_run_at_all() -> None:
    assert len(loss_curves([]).data) == 0


def test_a_loss_that_is_infinite_does_not_bend_the_axis() -> None:
    wild = Curve("wild", np.array([0, 1]), *np.array([[4.0, np.inf]] * 3))
    assert np.isfinite(loss_curves([wild]).layout.yaxis.range).all()


def test_names_are_text_not_html() -> None:
    figure = loss_curves([curve("<script>"), curve("a\u202eb")])
    assert {"&lt;script&gt;", "a⟨U+202E⟩b"} <= set(named(figure))


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match=r"\[2, 1, 1, 1\]"):
        Curve("a", np.arange(2), *np.ones((3, 1)))
