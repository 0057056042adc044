"""What several runs of a stage became, step by step: one small picture for each number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from viz.colors import RUNS
from viz.figures.plot_parts import LEGEND_ABOVE, LINELESS, curve, framed, whole_ticks
from viz.given import Array
from viz.text import plotly_text

ROW = 190  # px
COLUMNS = 2


@dataclass(frozen=True, eq=False)
class StageCurve:
    """The numbers of one run, by their names; what was not measured at a step is nan.

    Fields:
        name: of the run, as plain text.
        steps: (N,) optimizer steps done, rising.
        numbers: (N,) by name.
    """

    name: str
    steps: Array
    numbers: Mapping[str, Array]


def stage_curves(runs: Sequence[StageCurve], panels: Mapping[str, str]) -> go.Figure:
    """Draw the numbers of runs, two pictures in a row; a run has one colour in all of them.

    Args:
        runs: in the order of their colours.
        panels: the title of each picture, by the name of its number.
    """
    rows = -(-len(panels) // COLUMNS)
    figure = make_subplots(
        rows,
        COLUMNS,
        subplot_titles=list(panels.values()),
        horizontal_spacing=0.09,
        vertical_spacing=0.34 / rows,
    )
    for at, name in enumerate(panels):
        for index, run in enumerate(runs):
            in_key = name == next((n for n in panels if has_number(run, n)), None)
            line = _line(run, name, RUNS[index % len(RUNS)], in_key)
            figure.add_trace(line, row=at // COLUMNS + 1, col=at % COLUMNS + 1)
    last = max((float(run.steps[-1]) for run in runs if len(run.steps)), default=1)
    figure.update_xaxes(**LINELESS, rangemode="tozero", **whole_ticks(last))
    figure.update_yaxes(zeroline=False, nticks=5)
    figure.update_xaxes(title="optimizer steps", row=rows)
    figure.update_annotations(font={"size": 13})
    figure.update_layout(hoverlabel={"font": {"family": "monospace"}}, uirevision="keep")
    legend = {**LEGEND_ABOVE, "y": 1 + 34 / (ROW * rows)}
    return framed(figure, ROW * rows + 90, top=70, left=44, legend=legend)


def has_number(run: StageCurve, name: str) -> bool:
    """Whether a number was measured at any step of a run."""
    return name in run.numbers and bool((~np.isnan(run.numbers[name])).any())


def _line(run: StageCurve, name: str, color: str, in_key: bool) -> go.Scatter:
    values = np.asarray(run.numbers.get(name, np.full(len(run.steps), np.nan)), dtype=float)
    there = ~np.isnan(values)
    title = plotly_text(run.name)
    hover = f"{title}, step %{{x:,}}: <b>%{{y:.4f}}</b><extra></extra>"
    line = curve(run.name, run.steps[there], values[there], color, size=5, hover=hover)
    return line.update(legendgroup=title, showlegend=in_key, cliponaxis=False)
