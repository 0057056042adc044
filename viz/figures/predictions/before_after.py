"""The next token's distribution before and after a change: the likeliest, and what moved most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED, SHARE
from viz.figures.number_columns import NumberColumns
from viz.figures.plot_parts import name_rows
from viz.figures.predictions.probability_rows import lay_out
from viz.number_texts import percent, signed
from viz.text import plotly_label

ROW_HEIGHT = 24

Numbers = NDArray[np.floating[Any]]


def before_after(
    before: Numbers, after: Numbers, pieces: Sequence[str], likeliest: int = 6, moved: int = 6
) -> go.Figure:
    """Draw both probabilities of the tokens that matter, and how far each logit moved.

    Args:
        before, after: (V,) logits of the next token.
        pieces: text of each token id; they are escaped, and equal ones stay apart.
        likeliest: how many tokens are drawn because they are the likeliest, before or after.
        moved: how many because their probability changed most.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    if not len(before) == len(after) == len(pieces):
        raise ValueError(
            f"logits before and after are needed for each of {len(pieces)} tokens, got "
            f"{len(before)} and {len(after)}"
        )
    from scipy.special import softmax  # its import takes 0.2 s

    old, new = softmax(before.astype(np.float64)), softmax(after.astype(np.float64))
    ids = chosen(old, new, likeliest, moved)
    rows = list(range(len(ids)))
    hover: dict[str, Any] = {
        "customdata": [[int(id)] for id in ids],
        "hovertemplate": "token %{customdata[0]}<extra></extra>",
    }
    numbers = NumberColumns(
        {
            "before": [percent(float(old[id])) for id in ids],
            "after": [percent(float(new[id])) for id in ids],
            "Δ logit": [signed(float(after[id]) - float(before[id]), 3) for id in ids],
        }
    )
    figure = go.Figure(
        [
            _bars("before", old[ids], 0.84, MASKED, 0.3, rows, hover),
            _bars("after", new[ids], 0.44, SHARE, 1.0, rows, hover),
            *(numbers.trace(name, rows, **hover) for name in numbers.texts),
        ]
    )
    return _laid_out(figure, [plotly_label(pieces[id]) for id in ids], numbers)


def chosen(old: Numbers, new: Numbers, likeliest: int, moved: int) -> list[int]:
    """Token ids, by their probability before: the likeliest of both, and what changed most.

    >>> chosen(np.array([0.6, 0.3, 0.1, 0.0]), np.array([0.6, 0.1, 0.3, 0.0]), 1, 1)
    [0, 1]
    """
    ranked = [np.argsort(-p, kind="stable")[:likeliest] for p in (old, new)]
    most = np.argsort(-np.abs(new - old), kind="stable")[:moved]
    drawn = {int(id) for id in np.concatenate([*ranked, most])}
    return sorted(drawn, key=lambda id: (-old[id], id))


def _bars(
    name: str,
    shares: Numbers,
    width: float,
    color: str,
    opacity: float,
    rows: list[int],
    hover: dict[str, Any],
) -> go.Bar:
    return go.Bar(
        name=name,
        x=shares,
        y=rows,
        width=width,
        orientation="h",
        marker={"color": color, "opacity": opacity, "line": {"width": 0}},
        **hover,
    )


def _laid_out(figure: go.Figure, labels: list[str], numbers: NumberColumns) -> go.Figure:
    name_rows(figure, labels, 13)
    return lay_out(figure, ROW_HEIGHT * len(labels), numbers, "after")
