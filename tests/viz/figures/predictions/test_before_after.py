"""Before and after a change: which tokens are shown, and their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from viz.figures.predictions.before_after import before_after, chosen

# Probabilities 0.5, 0.25, 0.25 before; 0.25, 0.25, 0.5 after.
BEFORE, AFTER = np.log([2.0, 1.0, 1.0]), np.log([1.0, 1.0, 2.0])


def test_numbers_are_the_softmax_of_the_logits() -> None:
    figure = before_after(BEFORE, AFTER, ["a", "<b>", "\n"])
    parts = {
        part.name: [text.strip() for text in part.text]
        for part in figure.data
        if part.type == "scatter"
    }
    assert parts["before"] == ["50.00%", "25.00%", "25.00%"]
    assert parts["after"] == ["25.00%", "25.00%", "50.00%"]
    assert parts["Δ logit"] == ["−0.693", "0.000", "+0.693"]
    assert list(figure.layout.yaxis.ticktext) == ["a ", "&lt;b&gt; ", "↵ "]


def test_the_likeliest_of_both_and_what_moved_are_shown() -> None:
    old, new = np.array([0.7, 0.1, 0.15, 0.05]), np.array([0.1, 0.1, 0.15, 0.65])
    assert chosen(old, new, 1, 1) == [0, 3]
    assert chosen(old, new, 2, 0) == [0, 2, 3]


def test_a_wrong_count_is_named() -> None:
    with pytest.raises(ValueError, match="each of 2 tokens, got 3 and 3"):
        before_after(BEFORE, AFTER, ["a", "b"])
