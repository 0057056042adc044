"""A waterfall: parts laid end to end from 0, so that the last one ends at their sum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import DOWN, MASKED, UP
from viz.figures.number_columns import NumberColumns
from viz.figures.plot_parts import framed, name_rows, row_bars
from viz.given import Array, Numbers
from viz.number_texts import plain, signed
from viz.text import plotly_text

ROW = 21  # px
DECIMALS = 4
HEADS = ("adds", "sum so far")


def waterfall(parts: Numbers, names: Sequence[str], total: str = "sum") -> go.Figure:
    """Draw numbers as steps, the first on top, with each one and the running sum beside it.

    Args:
        parts: (n,), rounded already to four decimals, so that what is printed adds up.
        names: n plain texts.
        total: what the sum is called; it has the last row.

    Raises:
        ValueError: not one name for each part.
    """
    if len(parts) != len(names):
        raise ValueError(f"{len(parts)} parts need as many names, got {len(names)}")
    ends = np.cumsum(parts, dtype=np.float64)
    last = float(ends[-1]) if len(ends) else 0.0
    widths = np.append(parts, last)
    starts = np.append(ends - parts, 0.0)
    rows = np.arange(len(widths))
    figure = go.Figure(_bars(starts, widths, [*names, total], np.append(ends, last)))
    adds = [signed(number, DECIMALS) for number in widths]
    sums = [plain(number, DECIMALS) for number in [*ends, last]]
    numbers = NumberColumns(
        {name: [name, *texts] for name, texts in zip(HEADS, (adds, sums), strict=True)}
    )
    figure.add_traces([_column(numbers, name, rows) for name in HEADS])
    labels = [*map(plotly_text, names), f"<b>{plotly_text(total)}</b>"]
    name_rows(figure, labels, top=-1.6)
    sums_axis = {"overlaying": "x", "range": [0, 1], "visible": False, "fixedrange": True}
    figure.update_layout(xaxis2=sums_axis, showlegend=False, dragmode=False)
    figure.update_layout(xaxis={"zeroline": True, "zerolinecolor": MASKED, "fixedrange": True})
    height = ROW * (len(labels) + 1) + 60
    return framed(figure, height, top=6, bottom=30, **numbers.room)


def _bars(starts: Numbers, widths: Numbers, names: Sequence[str], ends: Numbers) -> go.Bar:
    colors = [UP if width >= 0 else DOWN for width in widths]
    colors[-1] = MASKED
    hovers = [
        [plotly_text(name), signed(float(width), DECIMALS), signed(float(end), DECIMALS)]
        for name, width, end in zip(names, widths, ends, strict=True)
    ]
    hover = (
        "<b>%{customdata[0]}</b><br>adds %{customdata[1]}<br>"
        "sum so far %{customdata[2]}<extra></extra>"
    )
    bars = row_bars(widths, colors, 0.66, base=starts)
    return bars.update(customdata=hovers, hovertemplate=hover)


def _column(numbers: NumberColumns, name: str, rows: Array) -> go.Scatter:
    """Numbers, one a row, the last one bold, and above them what they are."""
    texts = numbers.padded(name)
    texts[-1] = f"<b>{texts[-1]}</b>"
    return numbers.trace(name, [-1.0, *rows.tolist()], texts, hoverinfo="skip", xaxis="x2")
