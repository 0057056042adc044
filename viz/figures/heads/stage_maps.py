"""The stages of one head in one figure: from queries, keys and values to what the head adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from viz.colors import ACCENTS
from viz.figures.named_map import NAMED_AXIS, Cells, named_map
from viz.figures.plot_parts import CLEAR, every_nth, framed
from viz.given import Array, Bools, map_of_bools, real_numbers, token_counts
from viz.head_stages import Facts, Stage
from viz.head_stages import stages as head_stages
from viz.map_scale import DECIMALS, map_scale, signed_end
from viz.text import plotly_label, plotly_text


def _described(*, cross: bool) -> dict[str, Stage]:
    """The stages of any head, without its learned matrices, in the order of the data."""
    facts = Facts(layer=0, head=0, n_embd=0, head_size=0, bias=False, scale=None, cross=cross)
    hidden = {"x", "y", "Wq", "Wk", "Wv", "projection"}
    return {stage.name: stage for stage in head_stages(facts) if stage.name not in hidden}


STAGES = _described(cross=True)
FORMULAS = {
    cross: {name: stage.formula for name, stage in _described(cross=cross).items()}
    for cross in (False, True)
}
"""In cross-attention keys and values come from y, not x."""

AXES = {"S": "key", "D": "dimension", "C": "channel"}
COLUMNS = 3
WIDTH, PANEL, ABOVE = 1100, 250, 70  # px: all, a stage's height, and what is above each
NUMBERS_TO = 12
"""A matrix with at most so many rows and columns has its numbers printed in its cells."""
CELL_DECIMALS = 2

LABELS, PLACES = 20, 8
"""At most so many tokens, or numbers of dimensions, are printed along an axis."""

Arrays = dict[str, NDArray[np.float64]]


def stages(
    arrays: Mapping[str, ArrayLike],
    tokens: Sequence[str],
    *,
    key_tokens: Sequence[str] | None = None,
    visible: Bools | None = None,
    title: str = "",
) -> go.Figure:
    """Draw the stages of one head, each with its formula, shape and numbers.

    Args:
        arrays: by name; one that is left out is not drawn. queries, head_out (T, D); keys, values
            (S, D); scores, scaled, masked, weights (T, S), −inf where masked; contribution (T, C).
        tokens: T pieces of text; they are escaped.
        key_tokens: S pieces of text; None: the keys are the same tokens as the queries.
        visible: (T, S), True where query i may see key j; None: what `masked` says, if it is there.
        title: plain text.

    Returns:
        A figure with a subplot for each stage, three in a row; `meta` of its trace is the stage's
        name. Weights are coloured from 0 to 1, the others from −limit to limit, the limit printed
        with the name; masked has that of scaled, whose numbers it shows.

    Raises:
        ValueError: no stage, one that does not exist, or shapes that do not fit each other.
    """
    of_keys = tokens if key_tokens is None else key_tokens
    shape = len(tokens), len(of_keys)
    values = _checked(arrays, *shape)
    visible = map_of_bools("visible", visible, shape)
    if visible is None and "masked" in values:
        visible = ~np.isneginf(values["masked"])
    limits = _limits(values)
    labels = {
        letter: [plotly_label(piece) for piece in pieces]
        for letter, pieces in (("T", tokens), ("S", of_keys))
    }
    figure = make_subplots(
        rows=-(-len(values) // COLUMNS),
        cols=min(COLUMNS, len(values)),
        subplot_titles=[
            _title(name, values[name].shape, limits[name], key_tokens is not None)
            for name in values
        ],
        horizontal_spacing=0.07,
        vertical_spacing=ABOVE / _height(len(values)),
    )
    for index, (name, array) in enumerate(values.items()):
        where = {"row": index // COLUMNS + 1, "col": index % COLUMNS + 1}
        # What is masked has a score all the same, but no weight.
        cells = Cells.of(array, visible if name in ("masked", "weights") else None)
        _add(figure, name, cells, limits[name], labels, where)
    return _laid_out(figure, len(values), plotly_text(title))


def _checked(arrays: Mapping[str, ArrayLike], T: int, S: int) -> Arrays:
    """The arrays in the order of the stages."""
    if not isinstance(arrays, Mapping):
        raise ValueError(f"give the stages by name, as a dict; got {type(arrays).__name__}")
    unknown = [name for name in arrays if name not in STAGES]
    if unknown or not arrays:
        got = ", ".join(unknown) or "none"
        raise ValueError(f"give some of the stages {', '.join(STAGES)}; got {got}")
    values = {n: real_numbers(n, arrays[n]) for n in STAGES if n in arrays}
    sizes = {"T": T, "S": S}
    for name, array in values.items():
        letters = STAGES[name].dims
        if array.ndim == 2:
            sizes.setdefault(letters[1], array.shape[1])
        expected = tuple(sizes.get(letter, letter) for letter in letters)
        if array.shape != expected:
            wanted = ", ".join(map(str, expected))
            raise ValueError(
                f"{name} must be ({wanted}) for {token_counts(T, S)}, got {array.shape}"
            )
    return values


def _limits(values: Arrays) -> dict[str, float]:
    """The end of each stage's signed scale."""
    limits = {name: signed_end(array, _decimals(array)) for name, array in values.items()}
    if "scaled" in limits and "masked" in limits:
        limits["masked"] = limits["scaled"]
    return limits


def _decimals(array: Array) -> int:
    """Decimals that the numbers of a stage are printed with: in its cells, or else by a hover."""
    return CELL_DECIMALS if max(array.shape) <= NUMBERS_TO else DECIMALS


def _title(name: str, shape: tuple[int, ...], limit: float, is_cross: bool) -> str:
    color = ACCENTS.get(STAGES[name].accent)
    ends = "0 to 1" if name == "weights" else f"±{limit:.3g}"
    label = f'<span style="color:{color}">{name}</span>' if color else name
    size = " × ".join(map(str, shape))
    return f"<b>{label}</b> = {FORMULAS[is_cross][name]}<br><sub>{size}, colours {ends}</sub>"


def _add(
    figure: go.Figure,
    name: str,
    cells: Cells,
    limit: float,
    labels: dict[str, list[str]],
    where: dict[str, int],
) -> None:
    """One stage: its traces and its axes. `labels`: the tokens of queries, T, and keys, S."""
    down, across = STAGES[name].dims
    along, rows = AXES[across], labels[down]
    n = cells.values.shape[1]
    row, ends = ("query", labels["S"]) if along == "key" else ("position", [""] * n)
    scale = map_scale(cells.numbers, "weights" if name == "weights" else "signed", limit)
    more = (
        {"texttemplate": f"%{{z:.{CELL_DECIMALS}f}}"}
        if max(cells.values.shape) <= NUMBERS_TO
        else {}
    )
    traces = named_map(
        cells, _names(row, rows), _names(along, ends), scale, showscale=False, meta=name, **more
    )
    for trace in traces:
        figure.add_trace(trace, **where)
    printed = (
        every_nth(ends, LABELS) if along == "key" else every_nth(list(map(str, range(n))), PLACES)
    )
    figure.update_xaxes(**NAMED_AXIS | printed, tickangle=0, **where)
    figure.update_yaxes(**NAMED_AXIS | every_nth(rows, LABELS), autorange="reversed", **where)


def _names(of: str, labels: list[str]) -> list[str]:
    """No two alike, also where tokens are."""
    return [f"{of} {index} {label}".rstrip() for index, label in enumerate(labels)]


def _height(n: int) -> int:
    return -(-n // COLUMNS) * (PANEL + ABOVE)


def _laid_out(figure: go.Figure, n: int, title: str) -> go.Figure:
    top = ABOVE + (40 if title else 0)
    figure.update_annotations(font_size=13)
    figure.update_xaxes(tickfont={"family": "monospace", "size": 10})
    figure.update_yaxes(tickfont={"family": "monospace", "size": 10})
    return framed(
        figure,
        _height(n) + top + 20,
        left=30,
        top=top,
        bottom=20,
        title=title or None,
        plot_bgcolor=CLEAR,
        width=WIDTH,
    )
