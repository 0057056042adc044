"""The lecture's matrix, free to be changed, through the triangle of ones and that of means."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from gpt import numerals
from gpt.inspect.one_head.averaging import means_of, sums_of
from pages.shared import permalink
from pages.shared.save import save_button
from viz.equation import Matrix, equation

LECTURE = "2,7;6,4;6,5"
LARGEST = 8
WRONG = (
    f"Every cell needs a number, and there may be 1 to {LARGEST} rows. The lecture's are "
    "2, 7; 6, 4; 6, 5."
)


def show() -> dict[str, str]:
    """Draw the editor and both products; return what the URL should say."""
    text = permalink.bind("x", LECTURE, _checked)
    editor, picture = st.columns([1, 4], gap="large")
    with editor:
        x = _edited(text)
    with picture:
        if x is None:
            st.error(WRONG, icon=":material/error:")
            return {"x": text}
        products = {"sums": sums_of(x), "means": means_of(x)}
        for name, (weights, out) in products.items():
            figure = _product(name, weights, out, x)
            st.plotly_chart(figure, key=f"averaging_{name}", config={"displayModeBar": False})
    permalink.put("x", _written(x))
    _offer(x, products)
    return {"x": _written(x)}


def _product(name: str, weights: np.ndarray, out: np.ndarray, x: np.ndarray) -> go.Figure:
    title = "ones, lower triangle" if name == "sums" else "rows that add up to 1"
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
            name.capitalize(): partial(_product, name, *found, x)
            for name, found in products.items()
        },
        arrays=lambda: {"x": x, **named, **{name: out for name, (_, out) in products.items()}},
    )


def _edited(text: str) -> np.ndarray | None:
    """The matrix in the editor; None where something in it is no number."""
    start = st.session_state.setdefault("_averaging_start", text)
    table = pd.DataFrame(_read(start), columns=["x₀", "x₁"])
    changed = st.data_editor(
        table, key="averaging_x", num_rows="dynamic", hide_index=True, width="content"
    )
    x = changed.to_numpy(dtype=float)
    return x if 0 < len(x) <= LARGEST and np.isfinite(x).all() else None


def _checked(text: str) -> str:
    """The text itself, where it can be read as a matrix of two columns."""
    x = _read(text)
    if not (0 < len(x) <= LARGEST and x.shape[1] == 2 and np.isfinite(x).all()):
        raise ValueError(text)
    return text


def _read(text: str) -> np.ndarray:
    return np.array(
        [[numerals.real(number) for number in row.split(",")] for row in text.split(";")]
    )


def _written(x: np.ndarray) -> str:
    return ";".join(",".join(f"{number:g}" for number in row) for row in x)
