"""The tokens that carried a label, as the browser gets them."""

from __future__ import annotations

import numpy as np
import pytest

from viz.views.carried import carried_data

NUMBERS = np.array([0.25, -0.5])


def test_tokens_are_text_and_numbers_are_json() -> None:
    data = carried_data([" a", "<b>"], NUMBERS, np.array([0.5, np.nan]), np.ones(2) / 2, "good\n")
    assert data["tokens"] == ["·a", "<b>"] and data["label"] == "good↵"
    assert data["changes"] == [0.25, -0.5] and data["without"] == [0.5, None]
    assert data["shares"] == [0.5, 0.5]


def test_numbers_of_another_count_are_refused() -> None:
    with pytest.raises(ValueError, match="2 tokens need as many"):
        carried_data(["a", "b"], NUMBERS, NUMBERS, np.ones(3), "good")
