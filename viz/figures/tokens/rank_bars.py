"""Tokens in falling order of a cosine, each with a bar and its number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import SHARE
from viz.figures.number_columns import NumberColumns
from viz.figures.plot_parts import CLEAR, framed, name_rows, row_bars, titled, token_hover
from viz.given import Integers, Numbers
from viz.text import plotly_label

ROW_HEIGHT = 24


def rank_bars(tokens: Sequence[str], values: Numbers, ids: Integers, title: str = "") -> go.Figure:
    """Draw a ranking, the first on top.

    Args:
        tokens: texts in order of rank; they are escaped, and equal ones stay apart.
        values: cosines, −1 to 1; nan (a row of zeros) is printed as a dash.
        ids: of the tokens; each bar carries its own as `customdata[0]`.
        title: plain text.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    if not len(tokens) == len(values) == len(ids):
        raise ValueError(
            f"one value and one id for each of {len(tokens)} tokens are needed, got "
            f"{len(values)} and {len(ids)}"
        )
    hover = {**token_hover(ids), "showlegend": False}
    still = {"marker": {"opacity": 1.0}}  # a click must not fade the other bars
    bars = row_bars(np.nan_to_num(values), SHARE, 0.6, **hover)
    bars.update(selected=still, unselected=still)
    numbers = NumberColumns({"cosine": [_number(value) for value in values]}, size=13)
    figure = go.Figure([bars, numbers.trace("cosine", range(len(tokens)), **hover)])
    name_rows(figure, [plotly_label(token) for token in tokens], 14)
    low = float(np.nan_to_num(values).min(initial=0))
    ticks = [0, 0.5, 1] if low > -0.25 else [-1, -0.5, 0, 0.5, 1]
    axis = {"range": [low, 1], "tickvals": ticks, "tickangle": 0}
    figure.update_xaxes(**axis, zeroline=False, fixedrange=True)
    figure.update_layout(plot_bgcolor=CLEAR, clickmode="event+select", bargap=0.3)
    height = (90 if title else 52) + ROW_HEIGHT * max(1, len(tokens))
    edges = {"left": 4, "bottom": 24, **numbers.room}
    return framed(figure, height, **edges, **titled(title, 8))


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.4f}".replace("-", "−")
