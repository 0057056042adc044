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
from pages.parts.normalization import changed_example, example_matrix
from pages.parts.normalization.normalization_state import LINES, NormalizationState
from pages.parts.normalization.number_fields import chart, number, positional, real, table, whole
from pages.shared import url_controls
from pages.shared.plain import sentence
from pages.shared.save import save_button
from viz.figures.stream.normalized import Axis, Line, normalized

AXES: dict[str, Axis] = {"LayerNorm": "row", "batch normalization": "column"}


def show(state: NormalizationState) -> dict[str, Any]:
    """Draw the matrices, one line's sum, and a changed example; return the values for the URL."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="norm_numbers"):
        source = example_matrix.source(state)
        try:
            x, link = example_matrix.chosen(source, state)
        except ConfigError as error:
            st.error(sentence(str(error)), icon=":material/error:")
            return {"numbers": source}
    normalized, picture = normalize(x), st.container()
    followed = _followed(x, state)
    name = LINES[followed["follow"]]
    line = Line(AXES[name], followed["line"])
    with picture:
        _side_by_side(normalized, name, line)
        st.caption(_agreement(x))
    _sum(x, line, followed["gain"], followed["bias"])
    change = changed_example.draw(x, line.at if line.axis == "row" else 0, state)
    settings = {"numbers": source, **link, **followed}
    _offer(normalized, name, line, change, settings)
    return {**settings, **change.link}


def _followed(x: np.ndarray, state: NormalizationState) -> dict[str, Any]:
    """Draw the choice of the followed line, with its gain and bias."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="norm_followed"):
        follow = url_controls.choice("Follow", state, "follow", list(LINES))
        axis = AXES[LINES[follow]]
        last = dict(zip(("row", "column"), x.shape, strict=True))[axis]
        at = whole(axis.capitalize(), state, "line", 0, last - 1)
        gain = real("γ (gain)", state, "gain", 100.0, "Learned, one a feature; 1 at the start.")
        bias = real("β (bias)", state, "bias", 100.0, "Learned, one a feature; 0 at the start.")
    return {"follow": follow, "line": at, "gain": gain, "bias": bias}


def _matrices(versions: Normalized, name: str, line: Line) -> go.Figure:
    return normalized(versions.by_name(), line, ["before", name])


def _side_by_side(versions: Normalized, name: str, line: Line) -> None:
    """Draw each matrix by itself, so that they go below each other in a narrow window."""
    matrices = versions.by_name()
    for column, (title, values) in zip(st.columns(len(matrices)), matrices.items(), strict=True):
        figure = normalized({title: values}, line, ["before", name], has_raw=title == "before")
        with column:
            chart(figure, f"norm_matrix_{title.split()[0]}")


def _agreement(x: np.ndarray) -> str:
    """Say how far the page's numbers are from PyTorch's own."""
    layer, batch = from_pytorch(x)
    batch_words = "a batch of one it refuses" if batch is None else f"from batch\\_norm {batch:.1e}"
    return (
        "Right of each row and below each column: its mean and deviation. Furthest from PyTorch's "
        f"layer\\_norm {layer:.1e}, {batch_words}."
    )


def _sum(x: np.ndarray, line: Line, gain: float, bias: float) -> None:
    """Draw every step of the followed line."""
    values = x[line.at] if line.axis == "row" else x[:, line.at]
    with st.container(key="norm_steps"):
        st.markdown(_steps(line_sum(values, gain=gain, bias=bias), line, gain, bias))


def _steps(line_sum: LineSum, line: Line, gain: float, bias: float) -> str:
    """A table whose printed squares add up to the printed sum."""
    N = len(line_sum.values)
    squared, total = adding_up(line_sum.squared)
    head = ["feature" if line.axis == "row" else "example", *map(str, range(N)), "all of them"]
    rows = [
        (
            "x",
            line_sum.values,
            f"sum {number(line_sum.total)} ÷ {N} = mean **{number(line_sum.mean)}**",
        ),
        ("x − mean", line_sum.centred, ""),
        (
            "(x − mean)²",
            squared,
            f"sum {number(float(total))} ÷ {N} = variance **{number(line_sum.variance)}**",
        ),
        (
            "(x − mean) ÷ √(variance + ε)",
            line_sum.normalized,
            f"√({number(line_sum.variance)} + {positional(line_sum.epsilon)}) = "
            f"**{number(line_sum.deviation)}**",
        ),
        (
            f"× γ + β: × {number(gain, 2)} + {number(bias, 2)}",
            line_sum.out,
            f"mean {number(line_sum.after.mean)}, std {number(line_sum.after.std)}",
        ),
    ]
    return table(head, [[name, *map(number, numbers), meaning] for name, numbers, meaning in rows])


def _offer(
    normalized: Normalized,
    name: str,
    line: Line,
    change: changed_example.Change,
    settings: dict[str, Any],
) -> None:
    layer, batch = change.influence.layer, change.influence.batch
    matrices = {key.replace(" ", "_"): part for key, part in normalized.by_name().items()}
    save_button(
        "normalization: by hand",
        figures={
            "Both ways": lambda: _matrices(normalized, name, line),
            "One number changed": lambda: changed_example.figure(change.influence),
        },
        arrays=lambda: {**matrices, "change_LayerNorm": layer, "change_batch": batch},
        settings={**settings, **change.link, "epsilon": 1e-5},
    )
