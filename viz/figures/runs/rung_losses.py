"""The losses of a ladder of models, one beside the other, with what others got as markers."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from viz.colors import MASKED, RUNS
from viz.figures.plot_parts import BARE_AXIS, UNIFIED, add_level, curve, dots, framed
from viz.text import plotly_text

HEIGHT = 430
OURS, OTHERS = RUNS[0], RUNS[1]
ROOM = 0.25  # nats above and below
LETTERS = 14  # of a title on one line, unless a word has more
LEAST = 2.0  # nats from the lowest to the highest, that an empty picture is no magnified nothing


@dataclass(frozen=True)
class Step:
    """One model.

    Fields:
        title: plain text, short.
        loss: in nats; None if it is not known.
        first: the same before training.
        theirs: what others report for it, in nats; None if they report nothing.
        missing: stands below the title if there is no loss.
    """

    title: str
    loss: float | None = None
    first: float | None = None
    theirs: float | None = None
    missing: str = ""


def rung_losses(
    steps: Sequence[Step], uniform: float | None = None, theirs: str = "reported"
) -> go.Figure:
    """Draw a point for each loss; where one is missing, no point, and the line is broken.

    Args:
        steps: from left to right.
        uniform: ln V, drawn as a dotted line.
        theirs: name of the others' figures.
    """
    figure = go.Figure()
    if any(step.first is not None for step in steps):
        _add_falls(figure, steps)
    if any(step.theirs is not None for step in steps):
        losses = [step.theirs for step in steps]
        others = dots(theirs, _places(steps), losses, OTHERS, 14, hover="%{y:.2f}")
        others.update(marker={"symbol": "diamond-open", "line": {"width": 2}}, cliponaxis=False)
        figure.add_trace(others)
    _add_ours(figure, steps)
    if uniform is not None:
        add_level(figure, uniform, f"ln V = {uniform:.2f}")
    return _laid_out(figure, steps, uniform)


def _add_falls(figure: go.Figure, steps: Sequence[Step]) -> None:
    """Draw a faint line from each first loss down to the last."""
    for index, step in enumerate(steps):
        if step.first is not None and step.loss is not None:
            figure.add_shape(
                type="line", x0=index, x1=index, y0=step.first, y1=step.loss,
                line={"color": OURS, "width": 1}, opacity=0.4, layer="below",
            )  # fmt: skip
    first = dots("before training", _places(steps), [step.first for step in steps], OURS, 8)
    figure.add_trace(first.update(marker={"symbol": "circle-open", "line": {"width": 1.5}}))


def _add_ours(figure: go.Figure, steps: Sequence[Step]) -> None:
    """The line, and each number below its point, clear of the others' marker."""
    losses = [step.loss for step in steps]
    line = curve("trained", _places(steps), losses, OURS, width=1.5, size=10)
    figure.add_trace(line.update(cliponaxis=False, connectgaps=False))
    for index, step in enumerate(steps):
        if step.loss is not None:
            figure.add_annotation(
                x=index, y=step.loss, text=f"{step.loss:.3f}", showarrow=False, yshift=-19
            )


def _places(steps: Sequence[Step]) -> list[int]:
    return list(range(len(steps)))


def _laid_out(figure: go.Figure, steps: Sequence[Step], uniform: float | None) -> go.Figure:
    figure.update_xaxes(
        **BARE_AXIS,
        tickvals=_places(steps),
        ticktext=[_label(step) for step in steps],
        range=[-0.5, len(steps) - 0.5],
        tickangle=0,
        unifiedhovertitle={"text": "%{x}"},
    )
    losses = [
        loss for step in steps for loss in (step.loss, step.first, step.theirs) if loss is not None
    ]
    losses += [] if uniform is None else [uniform]
    low, high = (min(losses), max(losses)) if losses else (1.0, 4.0)
    low = min(low, high - LEAST)
    ends = [low - ROOM, high + ROOM]
    figure.update_yaxes(title="validation loss (nats)", range=ends, zeroline=False, fixedrange=True)
    return framed(figure, HEIGHT, **UNIFIED, showlegend=True, dragmode=False)


def _label(step: Step) -> str:
    """The title on lines of a few words, and what is missing below it."""
    lines = textwrap.wrap(step.title, LETTERS, break_long_words=False, break_on_hyphens=False)
    words = "<br>".join(map(plotly_text, lines))
    note = "" if step.loss is not None or not step.missing else plotly_text(step.missing)
    return f'{words}<br><span style="color:{MASKED}"><i>{note}</i></span>' if note else words
