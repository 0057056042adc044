"""Texts whose tokens are tinted by a number, as the browser gets them."""

from __future__ import annotations

import numpy as np
import pytest

from viz.views.tinted import TintedText, tinted_data


def test_tokens_are_text_and_a_number_that_there_is_not_is_null() -> None:
    numbers = np.array([np.nan, -0.5, 0.25, 0.0])
    text = TintedText("1 · Base", "a run", [" <b>", "x", " ", "\n"], numbers, given=1)
    data = tinted_data([text], "value")
    (sent,) = data["texts"]
    assert sent["numbers"] == [None, -0.5, 0.25, 0.0] and sent["given"] == 1
    assert sent["pieces"] == ["·<b>", "x", "·", "↵"] and sent["texts"] == [" <b>", "x", " ", "↵"]
    assert sent["title"] == "1 · Base"
    assert data["end"] == 0.5 and data["low"] and data["high"]


def test_one_scale_for_all_texts_and_none_below_what_is_printed() -> None:
    def of(*numbers: float) -> TintedText:
        return TintedText("", "", ["a"] * len(numbers), np.array(numbers))

    data = tinted_data([of(-1.0), of(-3.0)], "log-probability")
    assert data["end"] == 3.0 and data["low"] and not data["high"]
    assert tinted_data([of(1e-9)], "KL")["end"] == 0.001


def test_numbers_of_another_count_are_refused() -> None:
    with pytest.raises(ValueError, match="2 tokens need as many numbers"):
        TintedText("", "", ["a", "b"], np.zeros(3))
