"""LayerNorm against batch normalization: the same vectors, normalized by rows or by columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gpt.inspect.stream.logit_lens import state_names
from gpt.inspect.stream.stream_lengths import Moments, Normalized
from pages.parts.residual import stream_menus, stream_numbers
from pages.parts.residual.part_drawing import PartDrawing
from pages.parts.residual.residual_state import ResidualState
from pages.shared import loads, page_state, url_controls
from pages.shared.loads import BY_LOOK, Look
from viz.figures.stream.vector_lines import vector_lines
from viz.figures.tokens.channels import channel_map
from viz.views.vectors import vectors_payload, vectors_view

SHOWN = 200_000
"""Numbers drawn in one picture, at most: of a longer prompt, the rows around the chosen one."""

DEVIATIONS = 3.0
"""Where the colours end: beyond lies one number in 370 of a normal distribution."""


def draw(look: Look, state: ResidualState) -> PartDrawing:
    """Draw controls, three pictures of the same vectors, and the numbers of one row and column."""
    config, T = loads.stream(look).config, look.size[0]
    names = state_names(config)
    with st.container(horizontal=True, gap="medium"):
        stream_state = stream_menus.state(names, range(len(names)), len(names) - 1, state)
        row = stream_menus.position(T, state)
        column = _channel(config.n_embd, state)
    normalized = stream_numbers.normalized(look, stream_state)
    rows = _around(row, T, config.n_embd)
    vectors_view(
        _payload(look, stream_state, rows.start, rows.stop),
        key="residual_vectors",
        row=row,
        column=column,
        on_choose=_choose,
    )
    _sentences(normalized, row, column, rows)
    return PartDrawing(
        {"state": stream_state, "position": row, "channel": column},
        {
            **{
                name: _later(look, normalized, name, row, column, rows)
                for name in normalized.by_name()
            },
            "One row": lambda: vector_lines(_lines(normalized, row)),
        },
        lambda: {name.replace(" ", "_"): part for name, part in normalized.by_name().items()},
        {"state": names[stream_state], "position": row, "channel": column},
    )


def _channel(C: int, state: ResidualState) -> int:
    limits = f"this model has channels 0 to {C - 1:,}"
    return url_controls.whole(
        "Channel", state, "channel", 0, C - 1, limits, help=f"0 to {C - 1:,}."
    )


def _around(row: int, T: int, C: int) -> slice:
    """The range of drawn rows."""
    n = min(T, max(SHOWN // C, 1))
    first = min(max(row - n // 2, 0), T - n)
    return slice(first, first + n)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_LOOK)
def _payload(look: Look, state: int, start: int, stop: int) -> bytes:
    """The bytes of the drawn rows."""
    versions = stream_numbers.normalized(look, state).by_name()
    limits = [_limit(name, values) for name, values in versions.items()]
    rows = {name: values[start:stop] for name, values in versions.items()}
    return vectors_payload(rows, look.tokens[start:stop], limits, start)


def _limit(name: str, values: np.ndarray) -> float:
    """The end of one version's colour scale."""
    return (DEVIATIONS * Moments.of(values).std if name == "before" else DEVIATIONS) or 1.0


def _choose(row: int, column: int) -> None:
    page_state.put(position=row, channel=column)


def _figure(
    look: Look, normalized: Normalized, name: str, row: int, column: int, rows: slice
) -> Any:
    values = normalized.by_name()[name]
    return channel_map(
        values[rows],
        limit=_limit(name, values),
        positions=np.arange(rows.start, rows.start + len(values[rows])),
        title=name,
        tokens=look.tokens[rows],
        pointed=(row, column),
        height=330,
    )


def _later(
    look: Look, normalized: Normalized, name: str, row: int, column: int, rows: slice
) -> Any:
    return lambda: _figure(look, normalized, name, row, column, rows)


def _sentences(normalized: Normalized, row: int, column: int, rows: slice) -> None:
    """Draw the moments of the chosen row and column, and say what the picture leaves out."""
    with st.container(key="residual_moments"):
        st.markdown(_moments(normalized, row, column))
    if len(normalized.before) == 1:
        st.caption(
            "With one position there is nothing to normalize over: each column's only number "
            "is its own mean, and becomes 0."
        )
    if rows.stop - rows.start < len(normalized.before):
        st.caption(
            f"Drawn: positions {rows.start:,} to {rows.stop - 1:,}, around the chosen one. Means, "
            f"deviations and the files are of all {len(normalized.before):,}."
        )


def _lines(normalized: Normalized, row: int) -> dict[str, np.ndarray]:
    return {name: part[row] for name, part in normalized.by_name().items()}


def _moments(normalized: Normalized, row: int, column: int) -> str:
    """A table: mean and deviation of the row and of the column, before and after."""
    head = (
        f"Means and deviations of row {row} and column {column}\n\n"
        "| | row mean | row std | column mean | column std |\n"
        "| :-- | --: | --: | --: | --: |\n"
    )
    lines = []
    for name, part in normalized.by_name().items():
        of_row, of_column = Moments.of(part[row]), Moments.of(part[:, column])
        cells = (of_row.mean, of_row.std, of_column.mean, of_column.std)
        lines.append(f"| {name} | " + " | ".join(_number(cell) for cell in cells) + " |")
    return head + "\n".join(lines)


def _number(value: float) -> str:
    """Four decimals, with a real minus and without one before 0.

    >>> _number(-0.00001), _number(-1.5)
    ('0.0000', '−1.5000')
    """
    return f"{value:.4f}".replace("-0.0000", "0.0000").replace("-", "−")
