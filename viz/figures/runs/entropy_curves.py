"""Entropy curves: how widely the heads of a few runs spread their weights, over training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.colors import RUNS
from viz.figures.plot_parts import add_level, curve, over_steps
from viz.given import Array, Numbers
from viz.text import plotly_text

ROOM = 1.08  # of the axis above the highest line, for the words at it


@dataclass(frozen=True, eq=False)
class HeadEntropies:
    """The mean entropies of every head of one run, in nats.

    Fields:
        name: of the run, as plain text.
        steps: (N,) optimizer steps done, rising.
        heads: (N, L, H).
        uniform: the entropy of a head that gives every key it may see the same weight.

    Raises:
        ValueError: shapes that do not fit.
    """

    name: str
    steps: Array
    heads: Numbers
    uniform: float

    def __post_init__(self) -> None:
        if self.heads.ndim != 3 or len(self.heads) != len(self.steps):
            raise ValueError(
                f"heads must be (N, L, H) with N = {len(self.steps)} steps, got {self.heads.shape}"
            )


def entropy_curves(runs: Sequence[HeadEntropies], until: int | None = None) -> go.Figure:
    """Draw every head faint and the mean of a run's heads strong, one colour a run.

    Args:
        runs: in the order of their colours, which are those of `loss_curves`.
        until: where the step axis ends; None: at the last step there is.
    """
    figure = go.Figure()
    for index, run in enumerate(runs):
        _add_run(figure, run, RUNS[index % len(RUNS)])
    for uniform in sorted({round(run.uniform, 6) for run in runs if len(run.steps)}):
        add_level(figure, uniform, f"{uniform:.2f}: every key it may see alike")
    tops = [max(run.uniform, float(run.heads.max())) for run in runs if run.heads.size]
    ends = [0, ROOM * max(tops, default=1.0)]
    figure.update_yaxes(title="entropy (nats)", range=ends, zeroline=False)
    return over_steps(figure, [run.steps for run in runs], until)


def _add_run(figure: go.Figure, run: HeadEntropies, color: str) -> None:
    """Two traces: the heads, with a gap between each and the next, and their mean."""
    name = plotly_text(run.name)
    N, L, H = run.heads.shape
    lines = run.heads.reshape(N, L * H).T  # (L·H, N)
    gap = np.full((len(lines), 1), np.nan)
    x = np.hstack([np.tile(run.steps.astype(float), (len(lines), 1)), gap]).ravel()
    y, mean = np.hstack([lines, gap]).ravel(), run.heads.mean((1, 2))
    faint = curve(f"{run.name} each head", x, y, color, width=1)
    faint.update(opacity=0.35, hoverinfo="skip", showlegend=False)
    hover = "%{y:.4f} mean of the heads"
    strong = curve(run.name, run.steps, mean, color, width=2.2, size=4, hover=hover)
    strong.update(cliponaxis=False)
    figure.add_traces([line.update(legendgroup=name) for line in (faint, strong)])
