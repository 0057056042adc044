"""The stages of one head in one figure: from queries, keys and values to what the head adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from viz.colors import KEYS, QUERIES, VALUES
from viz.figures.named_map import NAMED_AXIS, Bools, Cells, named_map
from viz.given import real_numbers, square_of_bools
from viz.map_scale import map_scale, signed_end
from viz.text import plotly_label, plotly_text


@dataclass(frozen=True)
class _Stage:
    """Its shape in letters, the formula that makes it, and its accent where it has one."""

    shape: str
    formula: str
    color: str | None = None


STAGES: dict[str, _Stage] = {
    "queries": _Stage("TD", "x Wq", QUERIES),
    "keys": _Stage("TD", "x Wk", KEYS),
    "values": _Stage("TD", "x Wv", VALUES),
    "scores": _Stage("TT", "queries · keysᵀ"),
    "scaled": _Stage("TT", "scores × scale"),
    "masked": _Stage("TT", "scaled, −∞ where j is hidden"),
    "weights": _Stage("TT", "softmax of masked"),
    "head_out": _Stage("TD", "weights @ values"),
    "contribution": _Stage("TC", "head_out Wo"),
}
"""In the order in which the data flows."""

AXES = {"T": "key", "D": "dimension", "C": "channel"}
COLUMNS = 3
WIDTH, PANEL, ABOVE = 1100, 250, 70  # px: all, a stage's height, and what is above each
NUMBERS_TO = 12
"""A matrix with at most so many rows and columns has its numbers printed in its cells."""

LABELS, PLACES = 20, 8
"""At most so many tokens, or numbers of dimensions, are printed along an axis."""

Arrays = dict[str, NDArray[np.float64]]


def stages(
    arrays: Mapping[str, ArrayLike],
    tokens: Sequence[str],
    *,
    visible: Bools | None = None,
    title: str = "",
) -> go.Figure:
    """Draw the stages of one head, each with its formula, shape and numbers.

    Args:
        arrays: by name; one that is left out is not drawn. queries, keys, values, head_out
            (T, D); scores, scaled, masked, weights (T, T), −inf where masked; contribution (T, C).
        tokens: T pieces of text; they are escaped.
        visible: (T, T), True where query i may see key j; None: what `masked` says, if it is there.
        title: plain text.

    Returns:
        A figure with a subplot for each stage, three in a row; `meta` of its trace is the stage's
        name. Weights are coloured from 0 to 1, the others from −limit to limit, the limit printed
        with the name; masked has that of scaled, whose numbers it shows.

    Raises:
        ValueError: no stage, one that does not exist, or shapes that do not fit each other.
    """
    values = _checked(arrays, len(tokens))
    visible = square_of_bools("visible", visible, len(tokens))
    if visible is None and "masked" in values:
        visible = ~np.isneginf(values["masked"])
    limits = _limits(values)
    labels = [plotly_label(piece) for piece in tokens]
    figure = make_subplots(
        rows=-(-len(values) // COLUMNS),
        cols=min(COLUMNS, len(values)),
        subplot_titles=[_title(name, values[name].shape, limits[name]) for name in values],
        horizontal_spacing=0.07,
        vertical_spacing=ABOVE / _height(len(values)),
    )
    for place, (name, array) in enumerate(values.items()):
        where = {"row": place // COLUMNS + 1, "col": place % COLUMNS + 1}
        # What is masked has a score all the same, but no weight.
        cells = Cells.of(array, visible if name in ("masked", "weights") else None)
        _add(figure, name, cells, limits[name], labels, where)
    return _laid_out(figure, len(values), plotly_text(title))


def _checked(arrays: Mapping[str, ArrayLike], T: int) -> Arrays:
    """The arrays in the order of the stages."""
    if not isinstance(arrays, Mapping):
        raise ValueError(f"give the stages by name, as a dict; got {type(arrays).__name__}")
    unknown = [name for name in arrays if name not in STAGES]
    if unknown or not arrays:
        got = ", ".join(unknown) or "none"
        raise ValueError(f"give some of the stages {', '.join(STAGES)}; got {got}")
    values = {n: real_numbers(n, arrays[n]) for n in STAGES if n in arrays}
    sizes = {"T": T}
    for name, array in values.items():
        letters = STAGES[name].shape
        if array.ndim == 2:
            sizes.setdefault(letters[1], array.shape[1])
        expected = tuple(sizes.get(letter, letter) for letter in letters)
        if array.shape != expected:
            wanted = ", ".join(map(str, expected))
            raise ValueError(f"{name} must be ({wanted}) for {T} tokens, got {array.shape}")
    return values


def _limits(values: Arrays) -> dict[str, float]:
    """The end of each stage's signed scale."""
    limits = {name: signed_end(array) for name, array in values.items()}
    if "scaled" in limits and "masked" in limits:
        limits["masked"] = limits["scaled"]
    return limits


def _title(name: str, shape: tuple[int, ...], limit: float) -> str:
    stage = STAGES[name]
    ends = "0 to 1" if name == "weights" else f"±{limit:.3g}"
    shown = f'<span style="color:{stage.color}">{name}</span>' if stage.color else name
    size = " × ".join(map(str, shape))
    return f"<b>{shown}</b> = {stage.formula}<br><sub>{size}, colours {ends}</sub>"


def _add(
    figure: go.Figure,
    name: str,
    cells: Cells,
    limit: float,
    labels: list[str],
    where: dict[str, int],
) -> None:
    """One stage: its traces and its axes."""
    along = AXES[STAGES[name].shape[1]]
    n = cells.values.shape[1]
    row, ends = ("query", labels) if along == "key" else ("position", [""] * n)
    scale = map_scale(cells.numbers, "weights" if name == "weights" else "signed", limit)
    more = {"texttemplate": "%{z:.2f}"} if max(cells.values.shape) <= NUMBERS_TO else {}
    traces = named_map(
        cells, _names(row, labels), _names(along, ends), scale, showscale=False, meta=name, **more
    )
    for trace in traces:
        figure.add_trace(trace, **where)
    printed = _ticks(labels, LABELS) if along == "key" else _ticks(list(map(str, range(n))), PLACES)
    figure.update_xaxes(**NAMED_AXIS, **printed, tickangle=0, **where)
    figure.update_yaxes(**NAMED_AXIS, **_ticks(labels, LABELS), autorange="reversed", **where)


def _names(of: str, labels: list[str]) -> list[str]:
    """No two alike, also where tokens are."""
    return [f"{of} {place} {label}".rstrip() for place, label in enumerate(labels)]


def _ticks(names: list[str], most: int) -> dict[str, Any]:
    step = -(-len(names) // most)
    return {"tickvals": list(range(0, len(names), step)), "ticktext": names[::step]}


def _height(n: int) -> int:
    return -(-n // COLUMNS) * (PANEL + ABOVE)


def _laid_out(figure: go.Figure, n: int, title: str) -> go.Figure:
    top = ABOVE + (40 if title else 0)
    figure.update_annotations(font_size=13)
    figure.update_xaxes(tickfont={"family": "monospace", "size": 10})
    figure.update_yaxes(tickfont={"family": "monospace", "size": 10})
    figure.update_layout(
        title=title or None,
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 30, "r": 10, "t": top, "b": 20},
        width=WIDTH,
        height=_height(n) + top + 20,
    )
    return figure
