"""The trade of V against length, and the bar of the split: their data and labels."""

from __future__ import annotations

from viz.figures.tokens.split_bar import Side, split_bar
from viz.figures.tokens.trade import trade


def test_a_line_runs_from_small_to_large_and_points_have_names() -> None:
    figure = trade({"BPE": [(1024, 300.0), (256, 1000.0)]}, {"Characters <3": (65, 1200.0)})
    line, point = figure.data
    assert list(line.x) == [256, 1024] and list(line.y) == [1000.0, 300.0]
    assert list(point.x) == [65] and list(point.text) == ["Characters &lt;3"]
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.yaxis.range[0] == 0 and figure.layout.yaxis.range[1] > 1200


def test_without_any_point_the_axes_are_still_drawn() -> None:
    assert trade({}, {}).layout.yaxis.range[1] > 1000


def test_the_sides_make_up_the_bar() -> None:
    figure = split_bar([Side("training", 0.75, "75", "To <b>"), Side("validation", 0.25, "25", "")])
    assert [(*bar.base, *bar.x) for bar in figure.data] == [(0.0, 0.75), (0.75, 0.25)]
    assert "To·&lt;b&gt;" in figure.data[0].hovertemplate
    first, last = figure.layout.annotations
    assert (first.x, first.xanchor, last.x, last.xanchor) == (0.0, "left", 1.0, "right")
    assert first.text == "<b>training</b> 75"
