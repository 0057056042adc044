"""Number fields whose value is in the URL, and what a chart and a table look like here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt import numerals
from pages.shared import links, permalink
from pages.shared.inked import inked

WIDTH = 118


def whole(label: str, name: str, default: int, low: int, high: int, help: str = "") -> int:
    """A whole number from low to high; one in the URL that is beyond is made to fit."""
    now = permalink.bind(name, default, links.index)
    permalink.put(name, min(max(now, low), high))
    chosen: int = st.number_input(
        label, low, high, key=permalink.key(name), width=WIDTH, help=help or None
    )
    return chosen


def real(label: str, name: str, default: float, limit: float, help: str = "") -> float:
    """A number from −limit to limit."""
    now = permalink.bind(name, default, numerals.real)
    permalink.put(name, float(min(max(now, -limit), limit)))
    chosen: float = st.number_input(
        label,
        -limit,
        limit,
        key=permalink.key(name),
        step=0.5,
        format="%.4g",
        width=WIDTH,
        help=help or None,
    )
    return chosen


def chart(figure: go.Figure, key: str) -> None:
    """Draw a figure with its words in the theme's own ink."""
    color = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")
    figure.update_layout(font_color=color)
    for trace in figure.select_traces({"type": "scatter", "mode": "text"}):
        if trace.textfont.color is None:
            trace.textfont.color = color
    st.plotly_chart(inked(figure), key=key, config={"displayModeBar": False})


def number(value: float | None, digits: int = 4) -> str:
    """A number with a real minus, and none before 0; a dash where there is none.

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
