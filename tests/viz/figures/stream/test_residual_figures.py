"""The smaller figures of the Residual stream page: their numbers, labels and ranges."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from viz.colors import DOWN, SIGNED_SCALE, UP, VALUES
from viz.figures.heads.head_effects import head_effects
from viz.figures.predictions.ranked_tokens import ranked_tokens
from viz.figures.stream.gradient_flow import Flow, gradient_flow
from viz.figures.stream.gradient_table import gradient_table
from viz.figures.stream.stream_norms import stream_norms
from viz.figures.stream.vector_lines import vector_lines
from viz.figures.stream.waterfall import waterfall
from viz.number_texts import signed
from viz.token_ranking import ranked

STATES = ["embedding", "L0 attention", "L0 MLP"]


def words(column: go.Scatter) -> list[str]:
    """The texts of a column without the blanks before them and the bold face."""
    return [text.replace("<b>", "").replace("</b>", "").strip() for text in column.text]


def test_a_waterfall_lays_parts_end_to_end() -> None:
    figure = waterfall(np.array([1.5, -0.5, 0.25]), ["a", "<b>", "c"], "sum of <i>")
    bars, adds, sums = figure.data
    assert list(bars.base) == [0, 1.5, 1.0, 0]
    assert list(bars.x) == [1.5, -0.5, 0.25, 1.25]
    assert list(bars.marker.color[:3]) == [UP, DOWN, UP]
    assert words(adds) == ["adds", "+1.5000", "−0.5000", "+0.2500", "+1.2500"]
    assert words(sums) == ["sum so far", "1.5000", "1.0000", "1.2500", "1.2500"]
    assert adds.text[-1].startswith("<b>") and sums.text[-1].startswith("<b>")
    labels = [label.strip() for label in figure.layout.yaxis.ticktext]
    assert labels == ["a", "&lt;b&gt;", "c", "<b>sum of &lt;i&gt;</b>"]


def test_what_a_waterfall_prints_adds_up() -> None:
    parts = np.round(np.random.default_rng(0).normal(size=40), 4)
    adds, sums = waterfall(parts, ["x"] * 40).data[1:]

    def read(text: str) -> float:
        return float(text.replace("−", "-"))

    printed = [read(text) for text in words(adds)[1:]]
    assert sum(printed[:-1]) == pytest.approx(printed[-1], abs=1e-9)
    assert [read(text) for text in words(sums)[1:-1]] == pytest.approx(np.cumsum(printed[:-1]))


def test_a_waterfall_wants_a_name_for_each_part() -> None:
    with pytest.raises(ValueError, match="2 parts need as many names, got 1"):
        waterfall(np.zeros(2), ["a"])


def test_signs() -> None:
    assert [signed(x, 2) for x in (1, -1, 0, -0.001, 0.004)] == [
        "+1.00", "−1.00", "0.00", "0.00", "0.00",
    ]  # fmt: skip


def test_ranked_tokens_are_escaped_and_the_true_one_is_marked() -> None:
    figure = ranked_tokens(ranked(np.array([0.7, 0.25, 0.00001]), ["<s>", "\n", "a"], truth=1))
    bars, numbers = figure.data
    assert list(bars.x) == [0.7, 0.25, 0.00001]
    assert [text.strip() for text in numbers.text] == ["70.00%", "25.00%", "&lt;0.01%"]
    assert [label.strip() for label in figure.layout.yaxis.ticktext] == [
        "&lt;s&gt;", "<b>✓ ↵</b>", "a",
    ]  # fmt: skip
    assert [color == VALUES for color in bars.marker.color] == [False, True, False]
    with pytest.raises(ValueError, match="1 probabilities need as many pieces, got 2"):
        ranked(np.ones(1), ["a", "b"])


def test_head_effects_are_symmetric_about_zero() -> None:
    figure = head_effects(np.array([[0.5, -2.0], [0.0, 1.0]]), "adds")
    heat = figure.data[0]
    assert (heat.zmin, heat.zmax) == (-2, 2)
    assert [tuple(stop) for stop in heat.colorscale] == SIGNED_SCALE
    texts = [text for trace in figure.data[1:] for text in trace.text]
    assert sorted(texts) == sorted(["+0.50", "−2.00", "0.00", "+1.00"])
    assert list(figure.layout.yaxis.range) == [1.5, -0.5]
    assert head_effects(np.zeros((1, 1)), "x").data[0].zmax == 0.1
    assert len(head_effects(np.ones((12, 12)), "x").data) == 1, "too many to be read"


def test_norms_stand_at_their_own_states() -> None:
    figure = stream_norms(np.array([1.0, 2.0, 4.0]), np.array([1.5]), np.array([3.0]), STATES)
    attention, mlp, stream = figure.data
    assert (list(attention.x), list(attention.y)) == ([1], [1.5])
    assert (list(mlp.x), list(mlp.y)) == ([2], [3.0])
    assert list(stream.y) == [1, 2, 4]
    assert list(figure.layout.xaxis.ticktext) == STATES
    with pytest.raises(ValueError, match="1 layers have 2 × 1 \\+ 1 states, got 2 norms"):
        stream_norms(np.ones(2), np.ones(1), np.ones(1), STATES)


def test_gradients_are_logarithmic_and_a_zero_is_left_out() -> None:
    one = Flow("start", np.array([0.0, 1e-3, 2.0]), skip=False, trained=False)
    two = Flow("<trained>", np.array([1.0, 1.0, 1.0]), skip=True, trained=True)
    figure = gradient_flow([one, two], STATES)
    first, second = figure.data
    np.testing.assert_array_equal(np.isnan(first.y), [True, False, False])
    assert (first.line.dash, second.line.dash) == ("dash", "solid")
    assert first.line.color != second.line.color
    assert second.name == "&lt;trained&gt;"
    assert figure.layout.yaxis.type == "log"
    with pytest.raises(ValueError, match="3 states need as many norms, got 2 for 'x'"):
        gradient_flow([Flow("x", np.ones(2), True, True)], STATES)


def test_nothing_but_zeros_is_still_a_figure() -> None:
    gradient_flow([Flow("x", np.zeros(3), True, True)], STATES)
    gradient_table(np.zeros((2, 2)), ["queries", "keys"])


def test_matrices_are_coloured_by_powers_of_ten() -> None:
    norms = np.array([[0.5, 0.002], [0.0, np.nan]])
    figure = gradient_table(norms, ["queries", "keys"])
    heat, none = figure.data[:2]
    np.testing.assert_allclose(
        heat.z, np.where(norms > 0, np.log10(np.maximum(norms, 1e-9)), np.nan)
    )
    assert (heat.zmin, heat.zmax) == (-3, 0)
    np.testing.assert_array_equal(np.argwhere(~np.isnan(none.z)), [[1, 0]])
    texts = [text for trace in figure.data[2:] for text in trace.text]
    assert sorted(texts) == ["", "0.0e+00", "2.0e-03", "5.0e-01"]
    with pytest.raises(ValueError, match="2 rows need as many names"):
        gradient_table(norms, ["queries"])


def test_vectors_over_each_other_have_one_dot_a_number() -> None:
    figure = vector_lines({"before": np.array([1.0, 2.0]), "<after>": np.array([0.5, -1.0])})
    assert [list(trace.y) for trace in figure.data] == [[1, 2], [0.5, -1]]
    assert figure.data[1].name == "&lt;after&gt;"
    with pytest.raises(ValueError, match="must be equally long"):
        vector_lines({"a": np.ones(2), "b": np.ones(3)})
