"""What a part of the page returns after it is drawn: values for the URL, and files to save."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.shared.save import Arrays, Figures


@dataclass(frozen=True)
class PartDrawing:
    """A drawn part of the page.

    Fields:
        link: its own parameters of the URL.
        figures: its pictures, by title.
        arrays: its numbers, computed on request.
        settings: of the pictures, besides run, prompt and switches.
    """

    link: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=dict)
    arrays: Arrays = dict
    settings: dict[str, Any] = field(default_factory=dict)


def chart(figure: go.Figure, key: str) -> None:
    """Draw a figure with its labels in the theme's colour of text."""
    ink = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")
    for trace in figure.select_traces(lambda trace: trace.type == "scatter"):
        if trace.textfont.color is None:
            trace.textfont.color = ink
    figure.update_xaxes(tickfont_color=ink).update_yaxes(tickfont_color=ink)
    st.plotly_chart(figure, key=key, config={"displayModeBar": False})
