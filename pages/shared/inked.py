"""Figures in the theme's ink: Streamlit's own for charts is a grey too faint to read."""

from __future__ import annotations

import re

import plotly.graph_objects as go
import streamlit as st


def inked(figure: go.Figure) -> go.Figure:
    """A figure with its labels in the theme's colour of text."""
    color: str = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")
    inked = {"tickfont": {"color": color}, "title": {"font": {"color": color}}}
    flat = [name for name in figure.layout if re.fullmatch(r"[xy]axis\d*", name)]
    figure.update_layout({name: inked for name in flat})
    return figure.update_layout(legend_font_color=color)
