"""By hand: a small matrix, normalized by columns and by rows, and one line's whole sum."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.errors import ConfigError
from gpt.inspect.one_head.sums import adding_up
from gpt.inspect.stream.normalizing import LineSum, from_pytorch, line_sum
from gpt.inspect.stream.stream_lengths import Normalized, normalize
from pages.parts.normalization import matrix, others
from pages.parts.normalization.fields import chart, number, positional, real, table, whole
from pages.parts.normalization.state import LINES, NormalizationState
from pages.shared import url_controls
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.stream.normalized import Axis, Line, normalized

AXES: dict[str, Axis] = {"LayerNorm": "row", "batch normalization": "column"}


def show(state: NormalizationState) -> dict[str, Any]:
    """Draw the matrices, one line's sum, and what another example does; return the URL's part."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="norm_numbers"):
        source = matrix.source(state)
        try:
            x, link = matrix.chosen(source, state)
        except ConfigError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return {"source": source}
    found, picture = normalize(x), st.container()
    followed = _followed(x, state)
    name = LINES[followed["follow"]]
    line = Line(AXES[name], followed["line"])
    with picture:
        chart(_matrices(found, name, line), "norm_matrices")
        st.caption(_agreement(x))
    _sum(x, line, followed["gain"], followed["bias"])
    influenced = others.draw(x, line.at if line.axis == "row" else 0, state)
    settings = {"source": source, **link, **followed}
    _offer(found, name, line, influenced, settings)
    return {**settings, **influenced.link}


def _followed(x: np.ndarray, state: NormalizationState) -> dict[str, Any]:
    """Which line is followed, and its gain and bias: a row of controls."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="norm_followed"):
        follow = url_controls.choice("Follow", state, "follow", list(LINES))
        axis = AXES[LINES[follow]]
        last = dict(zip(("row", "column"), x.shape, strict=True))[axis]
        at = whole(axis.capitalize(), state, "line", 0, last - 1)
        gain = real("γ (gain)", state, "gain", 100.0, "Learned, one a feature; 1 at the start.")
        bias = real("β (bias)", state, "bias", 100.0, "Learned, one a feature; 0 at the start.")
    return {"follow": follow, "line": at, "gain": gain, "bias": bias}


def _matrices(found: Normalized, name: str, line: Line) -> go.Figure:
    return normalized(found.by_name(), line, ["before", name])


def _agreement(x: np.ndarray) -> str:
    """How far the page's numbers are from PyTorch's own."""
    layer, batch = from_pytorch(x)
    told = "a batch of one it refuses" if batch is None else f"from batch\\_norm {batch:.1e}"
    return (
        "Right of each row and below each column: its mean and deviation. Furthest from PyTorch's "
        f"layer\\_norm {layer:.1e}, {told}."
    )


def _sum(x: np.ndarray, line: Line, gain: float, bias: float) -> None:
    """Every step of the followed line."""
    values = x[line.at] if line.axis == "row" else x[:, line.at]
    with st.container(key="norm_steps"):
        st.markdown(_steps(line_sum(values, gain=gain, bias=bias), line, gain, bias))


def _steps(found: LineSum, line: Line, gain: float, bias: float) -> str:
    """A table whose printed squares add up to the printed sum."""
    N = len(found.values)
    squared, total = adding_up(found.squared)
    head = ["feature" if line.axis == "row" else "example", *map(str, range(N)), "all of them"]
    rows = [
        ("x", found.values, f"sum {number(found.total)} ÷ {N} = mean **{number(found.mean)}**"),
        ("x − mean", found.centred, ""),
        (
            "(x − mean)²",
            squared,
            f"sum {number(float(total))} ÷ {N} = variance **{number(found.variance)}**",
        ),
        (
            "(x − mean) ÷ √(variance + ε)",
            found.normalized,
            f"√({number(found.variance)} + {positional(found.epsilon)}) = "
            f"**{number(found.deviation)}**",
        ),
        (
            f"× γ + β: × {number(gain, 2)} + {number(bias, 2)}",
            found.out,
            f"mean {number(found.after.mean)}, std {number(found.after.std)}",
        ),
    ]
    return table(head, [[name, *map(number, numbers), told] for name, numbers, told in rows])


def _offer(
    found: Normalized, name: str, line: Line, influenced: others.Shown, settings: dict[str, Any]
) -> None:
    layer, batch = influenced.found.layer, influenced.found.batch
    matrices = {key.replace(" ", "_"): part for key, part in found.by_name().items()}
    save_button(
        "normalization: by hand",
        figures={
            "Both ways": lambda: _matrices(found, name, line),
            "One number changed": lambda: others.figure(influenced.found),
        },
        arrays=lambda: {**matrices, "change_LayerNorm": layer, "change_batch": batch},
        settings={**settings, **influenced.link, "epsilon": 1e-5},
    )
