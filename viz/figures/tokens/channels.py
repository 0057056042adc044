"""A table of embeddings as it stands: one row a position or token, one column a channel."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import INVALID, SIGNED_SCALE
from viz.figures.plot_parts import CLEAR, flat_cells, framed, scale_bar
from viz.map_scale import signed_end
from viz.text import plotly_label


def channel_map(
    table: NDArray[Any],
    *,
    limit: float | None = None,
    positions: NDArray[np.integer[Any]] | None = None,
    row: str = "position",
    column: str = "channel",
    title: str = "",
) -> go.Figure:
    """Draw a table, the first row on top.

    Args:
        table: (N, C).
        limit: end of the colour scale, −limit to limit; None: as `signed_end` says.
        positions: (N,) the number of each row; None: from 0.
        row, column: what they are called.
        title: plain text.

    Raises:
        ValueError: a table that is not (N, C).
    """
    if table.ndim != 2:
        raise ValueError(f"a table must be (N, C), got {table.shape}")
    end = signed_end(table if limit is None else limit)
    rows = np.arange(len(table)) if positions is None else positions
    heatmap = go.Heatmap(
        z=np.where(np.isfinite(table), table, np.nan).astype(np.float32),
        y=rows,
        colorscale=SIGNED_SCALE,
        zmin=-end,
        zmax=end,
        hovertemplate=f"{row} %{{y}}<br>{column} %{{x}}<br><b>%{{z:.4f}}</b><extra></extra>",
        hoverongaps=False,
        colorbar=scale_bar([-end, 0, end], [f"−{end:.3g}", "0", f"{end:.3g}"], len=0.6),
    )
    figure = go.Figure(heatmap)
    if not np.isfinite(table).all():
        # What is not a number must be seen: a model that diverged.
        figure.add_trace(
            flat_cells(~np.isfinite(table), INVALID, "not a number", y=rows, name="not a number")
        )
    figure.update_xaxes(title=column, showgrid=False, zeroline=False)
    figure.update_yaxes(
        title=row, showgrid=False, zeroline=False, range=[rows[-1] + 0.5, rows[0] - 0.5]
    )
    return framed(
        figure,
        520,
        top=44 if title else 10,
        title=plotly_label(title).replace("·", " ") or None,
        plot_bgcolor=CLEAR,
    )
