"""Rows of tokens: what the browser is told, and the same as a figure."""

from __future__ import annotations

import numpy as np
import pytest

from viz.colors import RUNS
from viz.figures.tokens.token_spans import token_spans
from viz.token_row import TokenRow
from viz.views.token_rows import rows_data

LETTERS = TokenRow(
    "Letters", "V = 3", [5, 6, 0], ["a", "é", "\n"], np.array([[0, 1], [1, 2], [2, 3]])
)
BYTES = TokenRow(
    "Bytes <b>", "", [97, 195, 169, 10], ["a", "⟨0xC3⟩", "⟨0xA9⟩", "\n"],
    np.array([[0, 1], [1, 2], [1, 2], [2, 3]]),
)  # fmt: skip
NOWHERE = TokenRow("Lower", "", [1], ["hello"])
REFUSED = TokenRow("None", refused="lacks é")


def test_each_token_is_told_with_its_place_and_its_line_break() -> None:
    told = rows_data([LETTERS, NOWHERE, REFUSED])
    assert told["rows"][0]["tokens"] == [
        ["a", 5, 0, 1, False],
        ["é", 6, 1, 2, False],
        ["↵", 0, 2, 3, True],
    ]
    assert told["rows"][1]["tokens"] == [["hello", 1, -1, -1, False]]
    assert told["rows"][2] == {"title": "None", "facts": "", "refused": "lacks é", "tokens": []}


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="equally many"):
        TokenRow("x", "", [1, 2], ["a"])
    with pytest.raises(ValueError, match="equally many"):
        TokenRow("x", "", [1], ["a"], np.array([[0, 1], [1, 2]]))


def test_a_bar_lies_over_its_characters_and_parts_of_one_share_it() -> None:
    figure = token_spans([LETTERS, BYTES, NOWHERE, REFUSED])
    letters, over_letters, as_bytes, over_bytes = figure.data
    assert list(letters.base) == [0, 1, 2] and list(letters.x) == [1, 1, 1]
    assert list(as_bytes.base) == [0, 1, 1.5, 2] and list(as_bytes.x) == [1, 0.5, 0.5, 1]
    assert list(as_bytes.hovertext) == ["a: 97", "⟨0xC3⟩: 195", "⟨0xA9⟩: 169", "↵: 10"]
    assert list(over_letters.x) == [0.5, 1.5, 2.5] and over_letters.text[1].startswith("é<br>")
    assert list(over_bytes.text)[1:3] == ["", ""]  # no room for "⟨0xC3⟩" on half a character
    assert list(letters.marker.color) == list(RUNS[:3])
    assert list(figure.layout.yaxis.ticktext) == ["Letters", "Bytes &lt;b&gt;"]


def test_only_the_beginning_of_a_long_text_is_drawn() -> None:
    places = np.array([[i, i + 1] for i in range(60)])
    row = TokenRow("x", "", list(range(60)), ["a"] * 60, places)
    assert len(token_spans([row]).data[0].x) == 40
