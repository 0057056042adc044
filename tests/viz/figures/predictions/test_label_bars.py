"""Bars of labels: the likeliest first, both readings beside each other."""

from __future__ import annotations

import numpy as np
import pytest

from viz.figures.predictions.label_bars import MOST, label_bars

READINGS = {"no mask": np.array([0.2, 0.7, 0.1]), "causal mask": np.array([0.5, 0.3, 0.2])}


def test_labels_are_in_the_order_of_the_first_reading() -> None:
    figure = label_bars(["a", "<b>", "c"], READINGS)
    free, causal = (trace for trace in figure.data if trace.type == "bar")
    assert list(free.x) == [0.7, 0.2, 0.1] and list(causal.x) == [0.3, 0.5, 0.2]
    assert [text.strip() for text in figure.layout.yaxis.ticktext] == ["&lt;b&gt;", "a", "c"]
    numbers = [
        [text.strip() for text in trace.text] for trace in figure.data if trace.type == "scatter"
    ]
    assert numbers == [["0.7000", "0.2000", "0.1000"], ["0.3000", "0.5000", "0.2000"]]


def test_of_many_labels_the_likeliest_are_drawn() -> None:
    probs = np.arange(40) / np.arange(40).sum()
    figure = label_bars([str(k) for k in range(40)], {"no mask": probs})
    assert len(figure.data[0].x) == MOST and figure.data[0].x[0] == probs[-1]


@pytest.mark.parametrize("readings", [{}, {"a": np.ones(2)}, dict.fromkeys("abc", np.ones(3))])
def test_what_does_not_fit_is_refused(readings: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="3 labels"):
        label_bars(["a", "b", "c"], readings)
