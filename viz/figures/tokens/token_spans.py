"""One text cut by several tokenizers as a plotly figure: a row each, a bar for each token.

On the page `viz.views.token_rows` shows the same; this is what is saved, and drawn in notebooks.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from viz.colors import RUNS
from viz.figures.plot_parts import framed
from viz.text import plotly_label, plotly_text, visible
from viz.token_row import TokenRow

LONGEST = 40
"""Characters that are drawn: more could not be read."""
ROW, CHARACTER, LETTER, NAMES = 46, 20, 7.5, 330
"""px: a row is high, a character of the text wide, a letter of a label, and the titles."""


def token_spans(rows: Sequence[TokenRow]) -> go.Figure:
    """Draw the tokens over the characters that they hold; rows without places are left out."""
    placed = [row for row in rows if row.places is not None]
    figure = go.Figure()
    for at, row in enumerate(placed):
        _add_row(figure, row, at)
    figure.update_xaxes(title="characters", zeroline=False, showgrid=False, range=[0, LONGEST])
    figure.update_yaxes(
        tickvals=list(range(len(placed))),
        ticktext=[plotly_text(row.title) for row in placed],
        autorange="reversed",
        showgrid=False,
    )
    return framed(
        figure,
        ROW * len(placed) + 70,
        width=CHARACTER * LONGEST + NAMES,
        barmode="overlay",
        bargap=0.2,
        showlegend=False,
    )


def _add_row(figure: go.Figure, row: TokenRow, at: int) -> None:
    """The bars, and over each that has the room its piece and its id."""
    assert row.places is not None
    drawn = [n for n, (start, _) in enumerate(row.places) if start < LONGEST]
    spans = [_span(row, n) for n in drawn]
    figure.add_bar(
        orientation="h",
        y=[at] * len(drawn),
        base=[start for start, _ in spans],
        x=[end - start for start, end in spans],
        marker={"color": [RUNS[n % len(RUNS)] for n in drawn], "opacity": 0.4},
        hovertext=[f"{plotly_label(row.pieces[n])}: {row.ids[n]}" for n in drawn],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.add_scatter(
        mode="text",
        x=[(start + end) / 2 for start, end in spans],
        y=[at] * len(drawn),
        text=[_label(row, n, span) for n, span in zip(drawn, spans, strict=True)],
        textfont={"family": "monospace", "size": 12},
        hoverinfo="skip",
    )


def _label(row: TokenRow, n: int, span: tuple[float, float]) -> str:
    piece = visible(row.pieces[n])
    if len(piece) * LETTER > (span[1] - span[0]) * CHARACTER:
        return ""
    return f"{plotly_label(row.pieces[n])}<br><span style='font-size:8px'>{row.ids[n]}</span>"


def _span(row: TokenRow, n: int) -> tuple[float, float]:
    """From where to where a bar goes; the parts of a character side by side."""
    assert row.places is not None
    start, end = map(int, row.places[n])
    same = [m for m, span in enumerate(row.places.tolist()) if span == [start, end]]
    if len(same) == 1:
        return start, end
    width = (end - start) / len(same)
    return start + same.index(n) * width, start + (same.index(n) + 1) * width
