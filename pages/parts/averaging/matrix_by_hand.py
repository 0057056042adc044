"""The lecture's matrix, free to be changed, through the triangle of ones and that of means."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.one_head.averaging_ways import means_of, sums_of
from pages.parts.averaging.averaging_state import LARGEST, AveragingState, read_matrix
from pages.shared import page_state
from pages.shared.save import save_button
from viz.figures.equation import Matrix, equation

_EDITOR, _DRAWN = "_averaging_editor", "_averaging_drawn"
WRONG = (
    f"Every cell needs a number, and there may be 1 to {LARGEST} rows. The lecture's are "
    "2, 7; 6, 4; 6, 5."
)


def show(state: AveragingState) -> dict[str, str]:
    """Draw the editor and both products; return the values for the URL."""
    editor, picture = st.columns([1, 4], gap="large")
    with editor:
        x = _edited(state.x)
    with picture:
        if x is None:
            st.error(WRONG, icon=":material/error:")
            return {"x": state.x}
        products = {"sums": sums_of(x), "means": means_of(x)}
        st.markdown(_last_row(x))
        for name, (weights, out) in products.items():
            figure = _product(name, weights, out, x)
            st.plotly_chart(figure, key=f"averaging_{name}", config={"displayModeBar": False})
    page_state.put(x=_written(x))
    st.session_state[_DRAWN] = _written(x)
    _offer(x, products)
    return {"x": _written(x)}


def _last_row(x: np.ndarray) -> str:
    """What the last row of both products is, in words."""
    column, T = x[:, 0], len(x)
    added = " + ".join(f"{number:g}" for number in column)
    return (
        f"Each row hears from itself and the rows above. The last one, first column: {added} = "
        f"**{column.sum():g}**; divided by the {T} rows that it hears from, "
        f"**{column.mean():.2f}**."
    ).replace("-", "−")


def _product(name: str, weights: np.ndarray, out: np.ndarray, x: np.ndarray) -> go.Figure:
    title = "triangle of ones" if name == "sums" else "rows add up to 1"
    parts: list[Matrix | str] = [
        Matrix(title, weights, "weights"),
        "@",
        Matrix("x", x),
        "=",
        Matrix(name, out),
    ]
    return equation(parts)


def _offer(x: np.ndarray, products: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    named = {f"{name}_weights": weights for name, (weights, _) in products.items()}
    save_button(
        "averaging: numbers",
        figures={
            name.capitalize(): partial(_product, name, *product, x)
            for name, product in products.items()
        },
        arrays=lambda: {"x": x, **named, **{name: out for name, (_, out) in products.items()}},
    )


def _edited(text: str) -> np.ndarray | None:
    """The matrix in the editor; None if a cell is not a number."""
    start, key = _start(text)
    table = pd.DataFrame(read_matrix(start), columns=["x₀", "x₁"])
    changed = st.data_editor(table, key=key, num_rows="dynamic", hide_index=True, width="content")
    x = changed.to_numpy(dtype=float)
    return x if 0 < len(x) <= LARGEST and np.isfinite(x).all() else None


def _start(text: str) -> tuple[str, str]:
    """The editor's first matrix, and its key.

    An editor stores a person's changes to its first matrix, so a matrix from a link or from another
    visit needs an editor of its own.
    """
    before, number = st.session_state.get(_EDITOR, (text, 0))
    key = f"averaging_x_{number}"
    if key not in st.session_state or text != st.session_state.get(_DRAWN):
        before, number = text, number + 1
    st.session_state[_EDITOR] = before, number
    st.session_state[_DRAWN] = text
    return before, f"averaging_x_{number}"


def _written(x: np.ndarray) -> str:
    return ";".join(",".join(f"{number:g}" for number in row) for row in x)
