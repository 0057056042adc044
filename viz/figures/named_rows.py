"""Rows of a picture by name: token texts down its left side, the first on top."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go


def name_rows(figure: go.Figure, labels: Sequence[str], size: int) -> None:
    """Give the rows of a figure, at y = 0, 1, …, their names.

    Args:
        figure: changed in place.
        labels: as plotly prints them, so escaped.
        size: of the letters, in pixels.
    """
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(labels))),
        ticktext=[f"{label} " for label in labels],
        tickfont={"family": "monospace", "size": size},
        range=[len(labels) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        ticks="",
        fixedrange=True,
    )
