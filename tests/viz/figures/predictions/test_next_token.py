"""The bars of the next token: order, exact numbers, what is filtered out, and the rest."""

from __future__ import annotations

import numpy as np
import pytest

import viz
from viz.figures.predictions.next_token import next_token_bars
from viz.number_texts import percent

PIECES = ["a", " ", "<b>", "\n", "e"]
BEFORE = np.array([0.1, 0.4, 0.25, 0.05, 0.2])
AFTER = np.array([0.0, 0.5, 0.3, 0.0, 0.2])
"""As if top-k had kept three."""


def test_rows_fall_by_what_the_model_said() -> None:
    figure = next_token_bars(BEFORE, AFTER, PIECES)
    before, after, *_ = figure.data
    assert list(before.x) == [0.4, 0.25, 0.2, 0.1, 0.05]
    assert list(after.x) == [0.5, 0.3, 0.2, 0.0, 0.0]
    assert [row[0] for row in before.customdata] == [1, 2, 4, 0, 3]
    assert list(before.y) == list(after.y) == [0, 1, 2, 3, 4]
    assert list(figure.layout.yaxis.range) == [4.5, -0.5]  # the likeliest on top


def test_labels_are_escaped_and_filtered_tokens_struck_out() -> None:
    labels = next_token_bars(BEFORE, AFTER, PIECES, chosen=4).layout.yaxis.ticktext
    assert [label.strip() for label in labels] == [
        "·",
        "&lt;b&gt;",
        "<b>▸ e</b>",
        '<span style="color:#787e87"><s>a</s></span>',
        '<span style="color:#787e87"><s>↵</s></span>',
    ]


def test_the_exact_numbers_stand_beside_the_bars() -> None:
    *_, before, after = next_token_bars(BEFORE, AFTER, PIECES).data
    assert [text.strip() for text in before.text] == [
        "40.00%", "25.00%", "20.00%", "10.00%", "5.00%",
    ]  # fmt: skip
    assert [text.strip() for text in after.text] == ["50.00%", "30.00%", "20.00%", "–", "–"]


def test_a_hover_says_filtered_out() -> None:
    for trace in next_token_bars(BEFORE, AFTER, PIECES).data:
        hovers = {row[0]: row[3] for row in trace.customdata}
        assert hovers == {
            1: "50.00%",
            2: "30.00%",
            4: "20.00%",
            0: "filtered out",
            3: "filtered out",
        }
        assert "%{customdata[3]}" in trace.hovertemplate


def test_the_rest_is_one_honest_sum() -> None:
    before, after, *_ = next_token_bars(BEFORE, AFTER, PIECES, top=2).data
    assert [row[0] for row in before.customdata] == [1, 2, -1]
    assert before.x[-1] == pytest.approx(0.35) and after.x[-1] == pytest.approx(0.2)
    assert before.customdata[-1][1] == "3 others"
    assert before.customdata[-1][4] == "1 can be drawn, 2 filtered out"


def test_others_that_cannot_be_drawn_at_all() -> None:
    figure = next_token_bars(BEFORE, AFTER, PIECES, top=3)
    assert figure.data[0].x[-1] == pytest.approx(0.15)
    assert figure.data[3].text[-1].strip() == "–"
    assert figure.layout.yaxis.ticktext[-1].strip() == "2 others"


def test_one_other_is_not_many() -> None:
    labels = next_token_bars(BEFORE, AFTER, PIECES, top=4).layout.yaxis.ticktext
    assert labels[-1].strip() == "1 other"


def test_the_chosen_token_is_shown_also_beyond_the_top() -> None:
    figure = next_token_bars(BEFORE, BEFORE, PIECES, chosen=3, top=2)
    assert [row[0] for row in figure.data[0].customdata] == [1, 2, 3, -1]
    assert "<b>▸ ↵</b>" in figure.layout.yaxis.ticktext[2]
    assert sum(figure.data[0].x) == pytest.approx(1)


def test_equal_pieces_and_equal_probabilities_stay_apart() -> None:
    figure = next_token_bars(np.full(3, 1 / 3), np.full(3, 1 / 3), ["x", "x", "x"])
    assert [row[0] for row in figure.data[0].customdata] == [0, 1, 2]
    assert len(set(figure.layout.yaxis.tickvals)) == 3


def test_the_range_is_the_same_at_every_step() -> None:
    sure, unsure = np.array([0.99, 0.01]), np.array([0.5, 0.5])
    ranges = [next_token_bars(p, p, ["a", "b"]).layout.xaxis.range for p in (sure, unsure)]
    assert ranges[0] == ranges[1] and ranges[0][0] == 0 and ranges[0][1] >= 1


def test_a_click_fades_nothing() -> None:
    for bars in next_token_bars(BEFORE, AFTER, PIECES).data[:2]:
        assert bars.unselected.marker.opacity == bars.marker.opacity


@pytest.mark.parametrize(
    ("share", "text"),
    [(1, "100.00%"), (0.12345, "12.35%"), (0.00005, "0.01%"), (0.00004, "<0.01%"), (0, "0%")],
)
def test_percent(share: float, text: str) -> None:
    assert percent(share) == text


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"after for each of 5 tokens is needed, got \(4,\)"):
        next_token_bars(BEFORE, AFTER[:4], PIECES)


def test_viz_exports_it() -> None:
    assert viz.next_token_bars is next_token_bars
