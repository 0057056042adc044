"""Where a model's parameters are: a stacked bar for each part, in the order of the forward pass."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from viz.colors import RUNS
from viz.figures.plot_parts import LEGEND_ABOVE, column_bars, every_nth, framed
from viz.given import Integers
from viz.text import plotly_text

HEIGHT = 360
"""In px; in a narrow window the legend takes a third of it."""
FADED = 0.35
LABELS = 28


def parameter_bars(
    parts: Sequence[str], kinds: Sequence[str], counts: Integers, chosen: str | None = None
) -> go.Figure:
    """Draw the counts; each bar carries its part as `customdata[0]`.

    Args:
        parts: names, first to last ("wte", "h.0", …).
        kinds: what the layers of the bars are ("attention", …); each has one colour.
        counts: (kinds, parts).
        chosen: a part that stands out; None for none.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    if counts.shape != (len(kinds), len(parts)):
        raise ValueError(
            f"counts of {len(kinds)} kinds × {len(parts)} parts are needed, got {counts.shape}"
        )
    figure = go.Figure()
    drawn = [(kind, row) for kind, row in zip(kinds, counts, strict=True) if row.any()]
    opacities = [1.0 if chosen in (None, part) else FADED for part in parts]
    for row_index, (kind, row) in enumerate(drawn):  # colours are few: none for a kind without bars
        name, color = plotly_text(kind), RUNS[row_index % len(RUNS)]
        hover = f"%{{customdata[0]}}: {name}<br><b>%{{y:,}}</b><extra></extra>"
        x, y = list(range(len(parts))), row.tolist()
        bars = column_bars(name, x, y, color, hover, opacity=opacities)
        still = {"marker": {"opacity": 1.0}}  # a click must not fade the other bars
        figure.add_trace(bars.update(customdata=[[part] for part in parts], unselected=still))
    figure.update_xaxes(
        **every_nth([plotly_text(part) for part in parts], LABELS),
        autotickangles=[0, 90],  # upright where the names would touch, which the width decides
        tickfont={"family": "monospace", "size": 12},
        range=[-0.6, len(parts) - 0.4],
        showgrid=False,
        fixedrange=True,
    )
    figure.update_yaxes(title="parameters", fixedrange=True, rangemode="tozero", nticks=5)
    figure.update_layout(barmode="stack", bargap=0.25, clickmode="event+select", dragmode=False)
    return framed(figure, HEIGHT, top=8, legend={**LEGEND_ABOVE, "traceorder": "normal"})
