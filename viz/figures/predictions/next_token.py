"""The distribution of the next token: what the model said, and what is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import MASKED, SHARE
from viz.figures.number_columns import NumberColumns
from viz.figures.plot_parts import name_rows, row_bars
from viz.figures.predictions.probability_rows import lay_out
from viz.given import Numbers, real_numbers
from viz.number_texts import percent
from viz.text import plotly_label

ROW_HEIGHT = 22
MODEL, DRAWN = "model", "drawn from"


@dataclass(frozen=True)
class Row:
    """One bar: a token, or what is left over as one sum.

    Fields:
        id: the token; −1 for the others together.
        label: escaped for plotly.
        before, after: its probability in the model's output, and in what the token is drawn from.
        note: what more a hover says.
    """

    id: int
    label: str
    before: float
    after: float
    note: str

    @property
    def filtered(self) -> bool:
        """Whether it cannot be drawn any more."""
        return self.after == 0


def next_token_bars(
    probs_before: Numbers,
    probs: Numbers,
    pieces: Sequence[str],
    chosen: int | None = None,
    top: int = 20,
) -> go.Figure:
    """Draw the likeliest next tokens, before (light) and after temperature and filters (solid).

    Args:
        probs_before: (V,) softmax of the logits; the rows are in its falling order.
        probs: (V,) what the token is drawn from; 0 for a token that was filtered out.
        pieces: text of each token id; they are escaped, and equal ones stay apart.
        chosen: the token that is drawn; it is marked, and shown also beyond the top.
        top: how many rows; the rest is one more row, their sum.

    Returns:
        A figure in which every point carries its token id as `customdata[0]`, −1 for the others.

    Raises:
        ValueError: shapes that do not fit each other, or a number that cannot be.
    """
    V = len(pieces)
    probs_before, probs = _shares("before", probs_before, V), _shares("after", probs, V)
    if not (_is_whole(top) and top >= 1):
        raise ValueError(f"top must be a whole number of 1 or more, got {top!r}")
    if chosen is not None and not (_is_whole(chosen) and 0 <= chosen < V):
        raise ValueError(f"chosen must be a token id from 0 to {V - 1}, got {chosen!r}")
    rows = _rows(probs_before, probs, pieces, chosen, top)
    hover, numbers = _hover(rows), _numbers(rows)
    light = row_bars([row.before for row in rows], MASKED, 0.84, opacity=0.3, name=MODEL, **hover)
    solid = row_bars([row.after for row in rows], SHARE, 0.44, name=DRAWN, **hover)
    for bars in (light, solid):
        still = {"marker": {"opacity": bars.marker.opacity}}  # a click must not fade other bars
        bars.update(offset=-bars.width / 2, selected=still, unselected=still)
    columns = [numbers.trace(name, range(len(rows)), **hover) for name in numbers.texts]
    figure = go.Figure([light, solid, *columns])
    name_rows(figure, [_tick(row, chosen) for row in rows], 13)
    figure.update_layout(hoverdistance=-1)  # a click anywhere in a row is one on its token
    return lay_out(figure, ROW_HEIGHT * len(rows), numbers, DRAWN)


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral)


def _shares(when: str, shares: Numbers, V: int) -> NDArray[np.float64]:
    """(V,): one probability for each token."""
    probs = real_numbers(f"the probabilities {when}", shares)
    if probs.shape != (V,) or not np.isfinite(probs).all():
        raise ValueError(
            f"one probability {when} for each of {V} tokens is needed, got {probs.shape} numbers"
            + ("" if np.isfinite(probs).all() else ", some of them not finite")
        )
    return probs


def _rows(
    before: Numbers, after: Numbers, pieces: Sequence[str], chosen: int | None, top: int
) -> list[Row]:
    order = np.argsort(-before, kind="stable")
    ids = [int(id) for id in order[:top]]
    if chosen is not None and chosen not in ids:
        ids.append(chosen)
    rows = [
        Row(id, plotly_label(pieces[id]), float(before[id]), float(after[id]), f"token {id}")
        for id in ids
    ]
    rest = np.setdiff1d(order, ids)
    return [*rows, _others(before[rest], after[rest])] if len(rest) else rows


def _others(before: Numbers, after: Numbers) -> Row:
    n, out = len(before), int((after == 0).sum())
    note = f"{n - out:,} can be drawn, {out:,} filtered out"
    name = "1 other" if n == 1 else f"{n:,} others"
    return Row(-1, name, float(before.sum()), float(after.sum()), note)


def _numbers(rows: list[Row]) -> NumberColumns:
    """Two columns of percentages; a filtered token has a dash."""
    drawn = ["–" if row.filtered else percent(row.after) for row in rows]
    return NumberColumns({MODEL: [percent(row.before) for row in rows], DRAWN: drawn})


def _small(share: float) -> str:
    return percent(share).replace("<", "&lt;")


def _hover(rows: list[Row]) -> dict[str, Any]:
    """What every part of a row says on hover, and its token for a click."""
    after = ["filtered out" if row.filtered else _small(row.after) for row in rows]
    return {
        "customdata": [
            [row.id, row.label, _small(row.before), drawn, row.note]
            for row, drawn in zip(rows, after, strict=True)
        ],
        "hovertemplate": "<b>%{customdata[1]}</b>  %{customdata[4]}<br>"
        "the model: %{customdata[2]}<br>drawn from: %{customdata[3]}<extra></extra>",
    }


def _tick(row: Row, chosen: int | None) -> str:
    """The token at its bar: the drawn one marked, a filtered one struck out."""
    if row.id >= 0 and row.id == chosen:
        return f"<b>▸ {row.label}</b>"
    if row.id >= 0 and row.filtered:
        return f'<span style="color:{MASKED}"><s>{row.label}</s></span>'
    return row.label
