"""Number fields whose value is in the URL, and the page's charts and tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.numerals import between
from pages.parts.normalization.normalization_state import NormalizationState
from pages.shared import url_controls
from pages.shared.figures import inked
from pages.shared.page_state import control, fitted

WIDTH = 118


def whole(
    label: str,
    state: NormalizationState,
    name: str,
    low: int,
    high: int,
    help: str = "",
    default: int | None = None,
) -> int:
    """Draw a field for a whole number from low to high; one beyond is made to fit."""
    return url_controls.whole(
        label, state, name, low, high, default=default, width=WIDTH, help=help or None
    )


def real(label: str, state: NormalizationState, name: str, limit: float, help: str = "") -> float:
    """Draw a field for a number from −limit to limit."""
    wanted = getattr(state, name)
    nearest = min(max(wanted, -limit), limit)
    allowed = [wanted] if nearest == wanted else []
    fitted(state, name, allowed, nearest, f"choose a number {between(-limit, limit)}")
    chosen: float = st.number_input(
        label, **control(name), step=0.5, format="%.4g", width=WIDTH, help=help or None
    )
    return chosen


def chart(figure: go.Figure, key: str) -> None:
    """Draw a figure with its labels in the theme's colour of text."""
    color = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")
    figure.update_layout(font_color=color)
    for trace in figure.select_traces({"type": "scatter", "mode": "text"}):
        if trace.textfont.color is None:
            trace.textfont.color = color
    st.plotly_chart(inked(figure), key=key, config={"displayModeBar": False})


def number(value: float | None, digits: int = 4) -> str:
    """A number with a real minus sign, and no minus before 0; a dash for None.

    >>> number(-0.5), number(-0.00001), number(None)
    ('−0.5000', '0.0000', '–')
    """
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if text.strip("-0.") else text.lstrip("-")


def positional(value: float) -> str:
    """A small number without an exponent.

    >>> positional(1e-5)
    '0.00001'
    """
    return np.format_float_positional(value, trim="-")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, the others to the right."""
    lines = [head, [":--", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
