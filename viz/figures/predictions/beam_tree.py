"""A beam search as a tree: what was kept at each step, and what each continued."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from viz.colors import MASKED, TARGET
from viz.figures.plot_parts import BARE_AXIS, curve, dots, framed
from viz.text import plotly_label, plotly_text

STEP, ROW = 112, 34
"""Between two steps and between two beams of one, in pixels."""
BEND = 0.22
"""Where a line has come to the row of its beam: after so much of a step, before the token."""
LONGEST = 11
"""Letters of a token that are printed; all are in the hover."""


@dataclass(frozen=True)
class BeamNode:
    """One beam at one step.

    Fields:
        step, rank: which step, and its rank there, 0 for the likeliest.
        parent: the rank of the beam of the step before that it continues.
        text: of its last token.
        log_prob: logarithm of the probability of all its tokens.
        score: what whole targets are compared by.
        is_done: whether it ends the target.
        is_chosen: whether it leads to the target that is shown.
    """

    step: int
    rank: int
    parent: int
    text: str
    log_prob: float
    score: float
    is_done: bool
    is_chosen: bool


def beam_tree(nodes: Sequence[BeamNode], start: str) -> go.Figure:
    """Draw the beams from left to right, with a line from each to the one that it continues.

    Args:
        nodes: of all steps; a parent of the first step is the start, whose rank is 0.
        start: the text that all targets begin with.
    """
    steps = 1 + max((node.step for node in nodes), default=-1)
    rows = 1 + max((node.rank for node in nodes), default=0)
    figure = go.Figure()
    for chosen, color, thickness in ((False, MASKED, 1), (True, TARGET, 3)):
        lines = [node for node in nodes if node.is_chosen == chosen]
        x = [at for node in lines for at in (node.step - 1, node.step - 1 + BEND, node.step, None)]
        y = [at for node in lines for at in (node.parent, node.rank, node.rank, None)]
        line = curve("", x, y, color, width=thickness, opacity=1.0 if chosen else 0.45)
        figure.add_trace(line.update(hoverinfo="skip"))
    for chosen in (False, True):
        figure.add_trace(_texts([node for node in nodes if node.is_chosen == chosen], chosen))
    figure.add_annotation(
        x=-1,
        y=0,
        text=f"<b>{plotly_label(start)}</b>",
        xanchor="right",
        showarrow=False,
        font={"family": "monospace", "size": 13},
    )
    figure.update_xaxes(
        **BARE_AXIS,
        range=[-1.4, steps - 0.7],
        tickvals=list(range(steps)),
        ticktext=[str(step + 1) for step in range(steps)],
        title="step",
    )
    figure.update_yaxes(**BARE_AXIS, range=[rows - 0.4, -0.6], visible=False)
    width = STEP * (steps + 0.7) + 20
    return framed(figure, ROW * rows + 70, bottom=40, width=width, showlegend=False)


def _texts(nodes: Sequence[BeamNode], chosen: bool) -> go.Scatter:
    """The beams as points; the label of each is an annotation over it."""
    places = [node.step for node in nodes], [node.rank for node in nodes]
    hover = (
        "%{customdata[0]}<br>probability so far %{customdata[1]:.4g}<br>"
        "logarithm %{customdata[2]:.4f}<br>score %{customdata[3]:.4f}<extra></extra>"
    )
    points = dots("", *places, TARGET if chosen else MASKED, 6, hover=hover)
    points.update(
        mode="markers+text",
        text=[_short(node) for node in nodes],
        textposition="top left",
        textfont={"family": "monospace", "size": 13 if chosen else 12},
        marker_size=[9 if node.is_done else 6 for node in nodes],
        marker_symbol=["square" if node.is_done else "circle" for node in nodes],
        customdata=[
            [plotly_text(node.text), math.exp(node.log_prob), node.log_prob, node.score]
            for node in nodes
        ],
    )
    return points


def _short(node: BeamNode) -> str:
    text = node.text if len(node.text) <= LONGEST else f"{node.text[: LONGEST - 1]}…"
    return plotly_label(text)
