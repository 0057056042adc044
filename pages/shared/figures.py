"""Figures as pages draw and save them: in the theme's ink, and of one head or all heads."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

import viz
from gpt.inspect.maps import Maps
from viz.figures.heads.head_grid import LARGEST

Head = tuple[int, int]
Figures = dict[str, Callable[[], go.Figure]]


def theme_color(option: str) -> str:
    """A colour of the theme that the person sees."""
    color: str = st.get_option(f"theme.{st.context.theme.type or 'light'}.{option}")
    return color


def inked(figure: go.Figure) -> go.Figure:
    """A figure with its labels in the theme's colour of text; Streamlit's own grey is too faint.

    A text that has a colour already keeps it: the figure chose it for the cell that it stands on.
    """
    color = theme_color("textColor")
    labels = {"tickfont": {"color": color}, "title": {"font": {"color": color}}}
    axes = [name for name in figure.layout if re.fullmatch(r"[xy]axis\d*", name)]
    figure.update_layout({name: labels for name in axes})
    figure.for_each_trace(
        lambda trace: trace.update(textfont_color=color),
        selector=lambda trace: (
            "text" in (getattr(trace, "mode", None) or "") and trace.textfont.color is None
        ),
    )
    return figure.update_layout(legend_font_color=color)


def weight_figures(
    weights: np.ndarray | Maps,
    tokens: Sequence[str],
    visible: np.ndarray | None,
    head: Head,
    key_tokens: Sequence[str] | None = None,
) -> Figures:
    """The weights of one head, and of all heads if they have few enough cells."""
    layer, number = head
    title = f"Weights of layer {layer}, head {number}"
    axes: dict[str, Any] = {"tokens": tokens, "key_tokens": key_tokens, "visible": visible}
    figures: Figures = {title: partial(viz.heatmap, weights[layer, number], **axes, title=title)}
    if math.prod(weights.shape) <= LARGEST:
        figures["Weights of all heads"] = partial(viz.head_grid, weights[:], **axes)
    return figures
