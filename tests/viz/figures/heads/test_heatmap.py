"""One head's map: what a cell says, where it stands, and that its colours are not stretched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viz
from viz.colors import INVALID, SIGNED_SCALE, WEIGHTS_SCALE
from viz.figures.heads.heatmap import NAMED_TOKENS, heatmap
from viz.figures.plot_parts import MAP_TICKS

ROOT = Path(__file__).parents[4]
TOKENS = ["a", "<s>", "a"]
CAUSAL = np.tri(3, dtype=bool)
WEIGHTS = np.array([[1, 0, 0], [0.25, 0.75, 0], [0.5, 0.125, 0.375]])


def scale(trace: Any) -> list[tuple[float, str]]:
    return [(place, color) for place, color in trace.colorscale]


def test_weights_have_a_fixed_range_and_square_cells() -> None:
    figure = heatmap(WEIGHTS, TOKENS)
    (trace,) = figure.data
    np.testing.assert_array_equal(trace.z, WEIGHTS)
    assert (trace.zmin, trace.zmax) == (0, 1)
    assert scale(trace) == WEIGHTS_SCALE
    assert list(trace.colorbar.tickvals) == [0, 0.1, 0.5, 1]
    assert (figure.layout.yaxis.scaleanchor, figure.layout.yaxis.scaleratio) == ("x", 1)


def test_the_first_query_is_on_top_and_equal_tokens_stay_apart() -> None:
    figure = heatmap(WEIGHTS, TOKENS)
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert list(axis.tickvals) == [0, 1, 2]
        assert list(axis.ticktext) == ["a", "&lt;s&gt;", "a"]
    assert list(figure.layout.yaxis.range) == [2.5, -0.5]
    assert list(figure.layout.xaxis.range) == [-0.5, 2.5]


def test_a_hover_names_query_key_and_four_decimals() -> None:
    (trace,) = heatmap(WEIGHTS, TOKENS).data
    assert trace.hovertemplate == (
        "query %{y:d} %{customdata[0]}<br>key %{x:d} %{customdata[1]}<br>"
        "<b>%{z:.4f}</b><extra></extra>"
    )
    assert list(trace.customdata[2][1]) == ["a", "&lt;s&gt;"]
    assert list(trace.customdata[1][2]) == ["&lt;s&gt;", "a"]


@pytest.mark.parametrize("by", ["visible", "minus infinity"])
def test_masked_cells_are_grey_and_say_so(by: str) -> None:
    """Never 0: they are gaps in the numbers, under which another trace says `masked`."""
    if by == "visible":
        figure = heatmap(WEIGHTS, TOKENS, visible=CAUSAL)
    else:
        figure = heatmap(np.where(CAUSAL, WEIGHTS, -np.inf), TOKENS, kind="signed")
    numbers, masked = figure.data
    np.testing.assert_array_equal(np.isnan(numbers.z), ~CAUSAL)
    np.testing.assert_array_equal(np.isnan(masked.z), CAUSAL)
    assert numbers.hoverongaps is masked.hoverongaps is False
    assert masked.hovertemplate.endswith("<br>masked<extra></extra>")
    assert {color for _, color in scale(masked)} == {"rgba(120,126,135,0.35)"}
    assert masked.showscale is False


def test_a_weight_of_zero_that_may_be_seen_is_a_number() -> None:
    figure = heatmap(WEIGHTS * np.eye(3), TOKENS, visible=CAUSAL)
    assert figure.data[0].z[2, 0] == 0


def test_what_is_no_number_is_seen() -> None:
    values = WEIGHTS.copy()
    values[0, 0], values[2, 0], values[1, 0] = 0.5, np.nan, np.inf
    numbers, masked, invalid = heatmap(values, TOKENS, visible=CAUSAL, kind="signed").data
    assert np.isnan(numbers.z[2, 0]) and np.isnan(masked.z[2, 0])
    assert np.argwhere(~np.isnan(invalid.z)).tolist() == [[1, 0], [2, 0]]
    assert invalid.hovertemplate.endswith("not a number<extra></extra>")
    assert scale(invalid)[0][1] == INVALID
    assert numbers.zmax == 0.75


@pytest.mark.parametrize(("limit", "end"), [(None, 3.0), (8.0, 8.0)])
def test_signed_values_are_symmetric_about_zero(limit: float | None, end: float) -> None:
    scores = np.where(CAUSAL, [[1, 9, 9], [-3, 2, 9], [0, 1, 2]], -np.inf)
    numbers = heatmap(scores, TOKENS, kind="signed", limit=limit).data[0]
    assert (numbers.zmin, numbers.zmax) == (-end, end)
    assert list(numbers.colorbar.ticktext) == [f"−{end:g}", "0", f"{end:g}"]
    assert scale(numbers) == SIGNED_SCALE


def test_all_zero_scores_have_a_range() -> None:
    numbers = heatmap(np.zeros((3, 3)), TOKENS, kind="signed").data[0]
    assert (numbers.zmin, numbers.zmax) == (-0.001, 0.001)


def test_many_tokens_have_few_labels() -> None:
    T = 100
    tokens = [str(t) for t in range(T)]
    axis = heatmap(np.eye(T), tokens, narrow=True).layout.xaxis
    assert list(axis.tickvals) == list(range(0, T, 7)) and len(axis.tickvals) <= MAP_TICKS
    assert list(axis.ticktext) == tokens[::7]
    assert axis.tickangle == -90  # words on their side do not lie on each other
    assert heatmap(np.eye(3), list("abc")).layout.xaxis.tickangle == 0
    assert list(heatmap(np.eye(T), tokens).layout.xaxis.ticktext) == tokens[::4]


def test_very_many_tokens_are_told_by_position() -> None:
    T = NAMED_TOKENS + 1
    (trace,) = heatmap(np.eye(T), ["x"] * T).data
    assert trace.customdata is None
    assert trace.hovertemplate == "query %{y:d}<br>key %{x:d}<br><b>%{z:.4f}</b><extra></extra>"


def test_hostile_text_is_text() -> None:
    figure = heatmap(np.eye(1), ["<img src=x>"], title="<b>L0 H1</b>")
    assert figure.layout.xaxis.ticktext[0] == "&lt;img·src=x&gt;"
    assert figure.layout.title.text == "&lt;b&gt;L0 H1&lt;/b&gt;"


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"weights must be \(3, 3\) for 3 tokens, got \(2, 3\)"):
        heatmap(np.zeros((2, 3)), TOKENS)
    with pytest.raises(ValueError, match=r"visible must be \(3, 3\), got \(2, 2\)"):
        heatmap(WEIGHTS, TOKENS, visible=np.ones((2, 2), bool))


def test_a_notebook_needs_no_streamlit() -> None:
    assert viz.heatmap is heatmap
    code = "import viz, sys; viz.heatmap([[1]], ['a']); sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_two_texts_have_an_axis_each() -> None:
    """Two queries, three keys: the hover names both tokens, and both axes their own text."""
    weights = np.array([[0.5, 0.25, 0.25], [0, 0.125, 0.875]])
    seen = np.array([[True, True, True], [False, True, True]])
    figure = heatmap(weights, ["le", "<b>"], key_tokens=["the", "net", "s"], visible=seen)
    numbers, masked = figure.data
    assert np.array_equal(numbers.z[seen], weights[seen]) and np.isnan(numbers.z[1, 0])
    assert np.array_equal(masked.z == 0, ~seen)
    assert list(numbers.customdata[1][2]) == ["&lt;b&gt;", "s"]
    assert list(figure.layout.xaxis.ticktext) == ["the", "net", "s"]
    assert list(figure.layout.yaxis.ticktext) == ["le", "&lt;b&gt;"]
    assert list(figure.layout.xaxis.range) == [-0.5, 2.5]
    assert list(figure.layout.yaxis.range) == [1.5, -0.5]


def test_shapes_of_two_texts_that_do_not_fit_are_named() -> None:
    with pytest.raises(
        ValueError, match=r"must be \(2, 3\) for 2 query and 3 key tokens, got \(3, 2\)"
    ):
        heatmap(np.zeros((3, 2)), ["a", "b"], key_tokens=["x", "y", "z"])
