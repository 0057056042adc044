"""Value down, value up: Wv and the head's slice of the output projection as one map."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.one_head.value_path import ValuePath, value_path
from pages.parts.head.head_matrices import Head, inside
from pages.shared.figures import inked
from pages.shared.loads import BY_LOOK, Look
from viz.colors import VALUES
from viz.figures.plot_parts import framed, whole_ticks
from viz.figures.tokens.channels import channel_map

WORDS = """
**Value down, value up.** Wv takes a token's C numbers *down* to D, the head's slice of the output
projection takes them *up* to C again. Together they are one C × C map: what a look at a token adds
to the stream. Lectures that draw a value as wide as the embedding mean this map; kept as two thin
matrices it needs 2 C D numbers instead of C², and its rank is D at most.
"""


def draw(look: Look, head: Head) -> None:
    """Draw the map, its singular values, and how far it is from what the model added."""
    st.markdown(WORDS)
    path = of_head(look, head)
    left, right = st.columns([3, 2], gap="large")
    with left:
        figure = channel_map(path.matrix, row="reads channel", column="adds to channel", height=440)
        st.plotly_chart(inked(figure), key="head_value_map", config={"displayModeBar": False})
    with right:
        figure = inked(_singular_figure(path))
        st.plotly_chart(figure, key="head_singular", config={"displayModeBar": False})
    C, D = len(path.matrix), len(path.singular)
    st.markdown(
        f"**{C} × {C}** numbers, of rank **{path.rank}**: D = {D} singular values, and the other "
        f"{C - D} are 0. In two parts: {2 * C * D:,} numbers instead of {C * C:,}. What this map "
        f"adds on the prompt differs from the head's contribution by {path.difference:.1e} at most."
    )


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_LOOK)
def of_head(look: Look, head: Head) -> ValuePath:
    """The map of one head."""
    return value_path(inside(look, head))


def _singular_figure(path: ValuePath) -> go.Figure:
    """The singular values that may differ from 0, falling."""
    number = np.arange(1, len(path.singular) + 1)
    figure = go.Figure(
        go.Bar(
            x=number,
            y=path.singular,
            marker_color=VALUES,
            hovertemplate="number %{x}: %{y:.4f}<extra></extra>",
        )
    )
    ticks = whole_ticks(len(number))
    figure.update_xaxes(title="singular value, number", showgrid=False, zeroline=False, **ticks)
    figure.update_yaxes(title="size", zeroline=False)
    return framed(figure, 440, dragmode=False)
