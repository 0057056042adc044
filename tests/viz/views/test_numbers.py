"""The table of numbers: what reaches the browser, and what is refused."""

from __future__ import annotations

import pytest

from viz.views.numbers import TokenCell, table_data


def test_tokens_are_told_as_they_are_seen() -> None:
    cells = ["2", TokenCell("\n", "0.5000"), TokenCell("<b>|`", "0.2500")]
    found = table_data(["place", "A", "B"], [cells])
    assert found["head"] == ["place", "A", "B"]
    assert found["rows"] == [["2", ["↵", "0.5000"], ["<b>|`", "0.2500"]]]


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="expected rows of 2 cells, got 1"):
        table_data(["", "A"], [["alone"]])
