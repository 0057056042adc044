"""Loss curves: training and validation of one run or several, laid over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import add_level, curve, over_steps
from viz.given import Array, Numbers
from viz.text import plotly_text

SIZES = {"token": "V", "label": "K"}
"""How many there are of what is guessed."""


@dataclass(frozen=True, eq=False)
class Curve:
    """The losses of one run, in nats; what was not measured at a step is nan.

    Fields:
        name: of the run, as plain text.
        steps: (N,) optimizer steps done, rising.
        train, val: (N,) estimates over several batches.
        batch: (N,) loss on the very batch that the step learned from.

    Raises:
        ValueError: lengths that differ.
    """

    name: str
    steps: Array
    train: Numbers
    val: Numbers
    batch: Numbers

    def __post_init__(self) -> None:
        lengths = [len(part) for part in (self.steps, self.train, self.val, self.batch)]
        if len(set(lengths)) != 1:
            raise ValueError(f"steps, train, val and batch must be equally long, got {lengths}")


def loss_curves(
    runs: Sequence[Curve],
    baseline: float | None = None,
    until: int | None = None,
    of: str = "token",
) -> go.Figure:
    """Draw the curves: validation solid, training dashed, each step's own batch faint.

    Args:
        runs: one colour each.
        baseline: ln V, the loss of a model to which every token is equally likely, or ln K of
            labels; None if the runs differ in it.
        until: where the step axis ends; None: at the last step there is.
        of: what is guessed, "token" or "label".

    Raises:
        ValueError: a baseline that is not finite.
    """
    if baseline is not None and not np.isfinite(baseline):
        raise ValueError(f"baseline must be a finite number, got {baseline!r}")
    figure = go.Figure()
    several = len(runs) > 1
    for index, run in enumerate(runs):
        _add_run(figure, run, RUNS[index % len(RUNS)], several)
    if several:
        _add_key(figure, runs)
    if baseline is not None:
        level = f"ln {SIZES[of]} = {baseline:.2f}: every {of} equally likely"
        add_level(figure, baseline, level)
    figure.update_yaxes(title="loss (nats)", range=_range(runs, baseline), zeroline=False)
    return over_steps(figure, [run.steps for run in runs], until)


def _add_run(figure: go.Figure, run: Curve, color: str, several: bool) -> None:
    """Three traces; the faintest first, so that it lies below."""
    name = plotly_text(run.name)
    for kind, losses, width, dash in (
        ("batch", run.batch, 1, None),
        ("training", run.train, 1.6, "dash"),
        ("validation", run.val, 2.2, None),
    ):
        there = ~np.isnan(losses)
        alone = there.sum() < 2  # a line through one point is not there
        size = 4 if kind == "validation" or alone else 0
        own_name = f"{run.name} {kind}" if several else kind
        line = curve(own_name, run.steps[there], losses[there], color, width=width, size=size)
        line.update(line_dash=dash, opacity=0.35 if kind == "batch" else 1.0, cliponaxis=False)
        figure.add_trace(line.update(showlegend=not several, legendgroup=name if several else None))
    if several:
        figure.data[-1].update(showlegend=True, name=name, hovertemplate="%{y:.4f} validation")


def _add_key(figure: go.Figure, runs: Sequence[Curve]) -> None:
    """Entries of the legend that say what the dashes mean, for every run alike."""
    has_batch = any((~np.isnan(run.batch)).any() for run in runs)
    for name, dash, opacity in (
        ("validation", "solid", 1),
        ("training", "dash", 1),
        *([("batch", "solid", 0.35)] if has_batch else []),
    ):
        width = 1 if name == "batch" else 2
        entry = curve(name, [None], [None], MASKED, width=width, line_dash=dash, opacity=opacity)
        figure.add_trace(entry.update(hoverinfo="skip"))


def _range(runs: Sequence[Curve], baseline: float | None) -> list[float]:
    """Ends of the loss axis: on halves of a nat, so that it is still while curves grow."""
    parts = [part for run in runs for part in (run.train, run.val, run.batch)]
    losses = np.concatenate([*parts, [] if baseline is None else [baseline]])
    finite = losses[np.isfinite(losses)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    top = float(np.ceil(high * 2 + 0.2) / 2)
    return [float(min(np.floor(low * 2) / 2, top - 1)), top]
