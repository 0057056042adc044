"""One head's T×T map, for a page or a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz.colors import INVALID, MASKED, SIGNED_SCALE, WEIGHTS_SCALE
from viz.text import plotly_label

TICKS = 32
"""At most so many tokens are printed along an axis."""

NAMED_TOKENS = 400
"""Above, a cell's hover gives positions only: two names a cell would be tens of megabytes."""

Bools = NDArray[np.bool_]
Numbers = NDArray[np.float64]


def heatmap(
    weights: NDArray[Any],
    tokens: Sequence[str],
    *,
    visible: Bools | None = None,
    kind: Literal["weights", "signed"] = "weights",
    title: str = "",
    limit: float | None = None,
) -> go.Figure:
    """Draw what each query (row, the first on top) gives to each key (column).

    Args:
        weights: (T, T); −inf counts as masked.
        tokens: T pieces of text; they are escaped, and equal ones stay apart.
        visible: (T, T), True where query i may see key j; None: everywhere.
        kind: "weights", coloured from 0 to 1 whatever the head, or "signed", from −limit to limit.
        title: plain text.
        limit: end of the signed scale; None: the largest |value| shown.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    values = np.asarray(weights, dtype=np.float64)
    T = len(tokens)
    if values.shape != (T, T):
        raise ValueError(f"weights must be ({T}, {T}) for {T} tokens, got {values.shape}")
    if visible is not None and visible.shape != (T, T):
        raise ValueError(f"visible must be ({T}, {T}), got {visible.shape}")
    masked = np.isneginf(values) if visible is None else ~visible | np.isneginf(values)
    invalid = ~masked & ~np.isfinite(values)
    shown = ~masked & ~invalid
    labels = [plotly_label(piece) for piece in tokens]
    names = _names(labels)
    figure = go.Figure(
        _values(np.where(shown, values, np.nan), names, _colors(values, shown, kind, limit))
    )
    for where, text, color in ((masked, "masked", MASKED), (invalid, "not a number", INVALID)):
        if where.any():
            figure.add_trace(_cells(where, text, color, names))
    return _laid_out(figure, labels, plotly_label(title).replace("·", " "))


def _colors(
    values: Numbers, shown: Bools, kind: Literal["weights", "signed"], limit: float | None
) -> dict[str, Any]:
    """The colour scale and its two ends."""
    if kind == "weights":
        return {"colorscale": WEIGHTS_SCALE, "zmin": 0.0, "zmax": 1.0}
    end = float(np.abs(values[shown]).max(initial=0)) if limit is None else float(limit)
    end = end or 1.0
    return {"colorscale": SIGNED_SCALE, "zmin": -end, "zmax": end}


def _values(z: Numbers, names: dict[str, Any], colors: dict[str, Any]) -> go.Heatmap:
    """The numbers; cells that are masked or no numbers are gaps, without a hover."""
    low, high = colors["zmin"], colors["zmax"]
    ticks = [0.0, 0.1, 0.5, 1.0] if low == 0 else [low, 0.0, high]
    return go.Heatmap(
        z=z,
        **names,
        **colors,
        hovertemplate=_hover(names, "<b>%{z:.4f}</b>"),
        hoverongaps=False,
        colorbar={
            "tickvals": ticks,
            "ticktext": [f"{tick:.3g}".replace("-", "−") for tick in ticks],
            "thickness": 10,
            "outlinewidth": 0,
            "len": 0.6,
            "ypad": 0,
        },
    )


def _cells(where: Bools, text: str, color: str, names: dict[str, Any]) -> go.Heatmap:
    """Cells that hold a word rather than a number, in one colour."""
    faint = color if text != "masked" else _faint(color)
    return go.Heatmap(
        z=np.where(where, 0.0, np.nan),
        **names,
        name=text,
        colorscale=[(0.0, faint), (1.0, faint)],
        zmin=0.0,
        zmax=1.0,
        showscale=False,
        hovertemplate=_hover(names, text),
        hoverongaps=False,
    )


def _faint(color: str) -> str:
    """A third of a colour over whatever is behind it, so that it suits both themes."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"


def _names(labels: list[str]) -> dict[str, Any]:
    """(T, T, 2): the two tokens of every cell, for the hover."""
    T = len(labels)
    if T > NAMED_TOKENS:
        return {}
    array = np.array(labels, dtype=object)
    pairs = np.empty((T, T, 2), dtype=object)
    pairs[..., 0], pairs[..., 1] = array[:, None], array[None, :]
    return {"customdata": pairs}


def _hover(names: dict[str, Any], value: str) -> str:
    query, key = (" %{customdata[0]}", " %{customdata[1]}") if names else ("", "")
    # Without a format plotly would print the label at ticks, and the position elsewhere.
    return f"query %{{y:d}}{query}<br>key %{{x:d}}{key}<br>{value}<extra></extra>"


def _laid_out(figure: go.Figure, labels: list[str], title: str) -> go.Figure:
    """Square cells, the first query on top, as many token labels as there is room for."""
    T = len(labels)
    step = -(-T // TICKS)
    axis = {
        "tickmode": "array",
        "tickvals": list(range(0, T, step)),
        "ticktext": labels[::step],
        "tickfont": {"family": "monospace", "size": 11},
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "constrain": "domain",
    }
    figure.update_xaxes(**axis, title="key", range=[-0.5, T - 0.5], side="bottom", tickangle=0)
    figure.update_yaxes(**axis, title="query", range=[T - 0.5, -0.5], scaleanchor="x", scaleratio=1)
    figure.update_layout(
        title=title or None,
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 10, "r": 10, "t": 40 if title else 10, "b": 10},
        height=460,
    )
    return figure
