"""The next token's distribution before and after a change: the likeliest, and what moved most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import MASKED, SHARE
from viz.figures.number_columns import NumberColumns
from viz.figures.plot_parts import name_rows, row_bars, token_hover
from viz.figures.predictions.probability_rows import lay_out
from viz.given import Numbers
from viz.number_texts import percent, signed
from viz.text import plotly_label

ROW_HEIGHT = 24
LIKELIEST, MOVED = 6, 6
"""Tokens that are drawn for being the likeliest, before or after, and for having moved most."""


def before_after(before: Numbers, after: Numbers, pieces: Sequence[str]) -> go.Figure:
    """Draw both probabilities of the tokens that matter, and how far each logit moved.

    Args:
        before, after: (V,) logits of the next token.
        pieces: text of each token id; they are escaped, and equal ones stay apart.

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
    ids = chosen(old, new, LIKELIEST, MOVED)
    hover = token_hover(ids)
    numbers = NumberColumns(
        {
            "before": [percent(float(old[id])) for id in ids],
            "after": [percent(float(new[id])) for id in ids],
            "Δ logit": [signed(float(after[id]) - float(before[id]), 3) for id in ids],
        }
    )
    figure = go.Figure(
        [
            row_bars(old[ids], MASKED, 0.84, opacity=0.3, name="before", **hover),
            row_bars(new[ids], SHARE, 0.44, name="after", **hover),
            *(numbers.trace(name, range(len(ids)), **hover) for name in numbers.texts),
        ]
    )
    name_rows(figure, [plotly_label(pieces[id]) for id in ids], 13)
    return lay_out(figure, ROW_HEIGHT * len(ids), numbers, "after")


def chosen(old: Numbers, new: Numbers, likeliest: int, moved: int) -> list[int]:
    """Token ids, by their probability before: the likeliest of both, and what changed most.

    >>> chosen(np.array([0.6, 0.3, 0.1, 0.0]), np.array([0.6, 0.1, 0.3, 0.0]), 1, 1)
    [0, 1]
    """
    ranked = [np.argsort(-p, kind="stable")[:likeliest] for p in (old, new)]
    most = np.argsort(-np.abs(new - old), kind="stable")[:moved]
    drawn = {int(id) for id in np.concatenate([*ranked, most])}
    return sorted(drawn, key=lambda id: (-old[id], id))
