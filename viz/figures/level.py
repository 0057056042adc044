"""A dotted line with its meaning: ln V, say, or the entropy of an even share."""

from __future__ import annotations

import plotly.graph_objects as go

from viz.colors import MASKED


def add_level(figure: go.Figure, height: float, text: str) -> None:
    """Draw the line across a figure.

    Args:
        height: in the units of the vertical axis.
        text: stands above its right end; plotly reads it as HTML.
    """
    figure.add_hline(
        y=height,
        line={"color": MASKED, "width": 1.2, "dash": "dot"},
        annotation={"text": text, "font": {"color": MASKED}},
        annotation_position="top right",
    )
