"""A changed example: one number changes, and which normalized numbers move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.stream.normalizing import Influence, influence
from pages.parts.normalization.normalization_state import NormalizationState
from pages.parts.normalization.number_fields import chart, number, real, whole
from viz.figures.equation import Matrix, equation

CELL = 36  # px


@dataclass(frozen=True, eq=False)
class Change:
    """The influence of one changed number, and the change as in the URL."""

    influence: Influence
    link: dict[str, Any]


def draw(x: np.ndarray, followed: int, state: NormalizationState) -> Change:
    """Draw the change's controls, both differences, and a summary.

    Args:
        followed: the followed row; by default another row is changed.
    """
    last_row, last_column = (n - 1 for n in x.shape)
    with st.container(horizontal=True, vertical_alignment="bottom", key="norm_change"):
        st.markdown("**Change another example**", width="content")
        other = 0 if followed else last_row
        example = whole("Example", state, "example", 0, last_row, default=other)
        feature = whole("Feature", state, "feature", 0, last_column)
        by = real("Add to it", state, "by", 1000.0)
    influenced = influence(x, example, feature, by)
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    with left:
        matrices = _moved(influenced)
        for column, matrix in zip(st.columns(len(matrices)), matrices, strict=True):
            with column:
                chart(equation([matrix], cell=CELL), f"norm_change_{matrix.title}")
    with right, st.container(key="norm_others"):
        st.markdown(_sentence(influenced))
    return Change(influenced, {"example": example, "feature": feature, "by": by})


def figure(influenced: Influence) -> go.Figure:
    """How far every normalized number moved, with both norms."""
    layer, batch = _moved(influenced)
    return equation([layer, " ", batch], cell=CELL)


def _moved(influenced: Influence) -> list[Matrix]:
    rows = [str(row) for row in range(len(influenced.layer))]
    return [
        Matrix("LayerNorm", influenced.layer, "signed", rows),
        Matrix("BatchNorm", influenced.batch, "signed", rows),
    ]


def _sentence(influenced: Influence) -> str:
    if len(influenced.layer) == 1:
        return (
            "There is no other example. Over a batch of one, batch normalization has nothing to go "
            "by: every number is its column's mean, and becomes 0."
        )
    layer, batch = (number(most, 6) if most else "exactly 0" for most in influenced.on_others())
    return (
        f"After − before. Only example {influenced.example} was touched. The other rows moved:\n\n"
        f"- **LayerNorm:** {layer}. Each row is normalized by itself.\n"
        f"- **Batch normalization:** by up to {batch}. The changed number is in its column's mean "
        "and deviation, and so in everyone's result."
    )
