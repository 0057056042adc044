"""The probability of every label of a text, read in one way and in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import MASKED, SHARE
from viz.figures.number_columns import NumberColumns
from viz.figures.plot_parts import name_rows, row_bars
from viz.figures.predictions.probability_rows import lay_out
from viz.given import Numbers
from viz.text import plotly_label

ROW_HEIGHT = 34
MOST = 12
"""Labels that are drawn, the likeliest first."""
STYLES = ((0.62, SHARE, 1.0), (0.26, MASKED, 0.75))
"""Of the two bars of a label: width, colour, opacity."""


def label_bars(labels: Sequence[str], probs: Mapping[str, Numbers]) -> go.Figure:
    """Draw a row for each label, with a bar for each reading.

    Args:
        labels: K texts; they are escaped.
        probs: (K,) by the name of the reading; at most two, the first one drawn larger.

    Raises:
        ValueError: more readings than two, or probabilities for another count of labels.
    """
    if not 0 < len(probs) <= len(STYLES) or any(len(p) != len(labels) for p in probs.values()):
        lengths = [len(p) for p in probs.values()]
        raise ValueError(f"{len(labels)} labels need one or two times as many, got {lengths}")
    first = next(iter(probs))
    order = np.argsort(-probs[first], kind="stable")[:MOST].tolist()
    texts = {name: [f"{value:.4f}" for value in each[order]] for name, each in probs.items()}
    numbers = NumberColumns(texts, size=13)
    figure = go.Figure()
    for (name, values), (width, color, opacity) in zip(probs.items(), STYLES, strict=False):
        bars = row_bars(values[order], color, width, opacity=opacity, name=name)
        figure.add_trace(bars.update(hovertemplate=f"{name} %{{x:.4f}}<extra></extra>"))
        figure.add_trace(numbers.trace(name, range(len(order)), hoverinfo="skip"))
    name_rows(figure, [plotly_label(labels[k]) for k in order], 13)
    return lay_out(figure, ROW_HEIGHT * len(order), numbers, first)
