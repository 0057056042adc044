"""Token + position: what the first block of the model reads, for this prompt."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from gpt.inspect.one_head.sums import adding_up
from pages.parts.embeddings import embedding_menus
from pages.parts.embeddings.embeddings_state import EmbeddingsState
from pages.shared import loads, page_state
from pages.shared.loads import BY_LOOK, Look
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.tokens.embedding_sum import NAMES, Sum, embedding_sum
from viz.text import visible

WORDS = {
    "sinusoidal": " This model multiplies the token's row by √C first; token_embedding is the row "
    "as it was added.",
    "rotary": " This model adds no position here (it turns queries and keys instead), so the "
    "middle is 0 and the sum is the token's row.",
    "none": " This model has no positions, so the middle is 0 and the sum is the token's row.",
}


def draw(look: Look, state: EmbeddingsState) -> dict[str, Any]:
    """Draw the three maps and one position's numbers; return the values for the URL."""
    with st.container(horizontal=True):
        position = _position(look, state)
    sums = _sum(look)
    figure = partial(embedding_sum, sums, position)
    st.plotly_chart(
        embedding_menus.inked(figure()),
        key="embedding_sum",
        config={"displayModeBar": False},
    )
    _numbers(look, sums, position)
    save_button(
        "token_plus_position",
        figures={"Token + position": figure},
        arrays=partial(_arrays, look),
        look=look,
        settings={"position": position},
    )
    return {"position": position}


def _position(look: Look, state: EmbeddingsState) -> int:
    T = look.size[0]
    nearest, limits = min(state.position, T - 1), f"this prompt has positions 0 to {T - 1:,}"
    page_state.fitted(state, "position", range(T), nearest, limits)
    tokens = look.tokens
    chosen: int = st.selectbox(
        "Position",
        range(T),
        **page_state.control("position"),
        format_func=lambda t: f"{t}  {visible(tokens[t])}",
        width=180,
        help="Its row is marked in the maps, and its numbers are below.",
    )
    return chosen


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def _sum(look: Look) -> Sum:
    """The trace's first stage, rounded so that the printed numbers add up."""
    trace = loads.stream(look)
    exact = np.stack([trace.token_embedding, trace.position_embedding])
    (token, position), total = adding_up(exact)
    norms = np.linalg.norm([*exact, trace.residual[0]], axis=-1)
    return Sum(token, position, total, norms, look.tokens)


def _numbers(look: Look, sums: Sum, position: int) -> None:
    """One position in full: a row for each channel, each a sum."""
    names = (NAMES[0], f"+ {NAMES[1]}", f"= {NAMES[2]}")
    columns = [array[position] for array in (sums.token, sums.position, sums.total)]
    table = pd.DataFrame(dict(zip(names, columns, strict=True)))
    table.index.name = "channel"
    norms = [f"{norm:.4f}" for norm in sums.norms[:, position]]
    left, right = st.columns(2)
    with left:
        number = {name: st.column_config.NumberColumn(format="%.4f") for name in names}
        st.dataframe(table, column_config=number, key="position_numbers", height=300)
    with right, st.container(key="norms"):
        token = plain(visible(sums.tokens[position]))
        st.markdown(f"Position **{position}**, token **{token}**: every channel is one sum.")
        st.markdown(
            f"Lengths of the rows: token **{norms[0]}**, position **{norms[1]}**, sum "
            f"**{norms[2]}**. Lengths do not add up: the rows point different ways."
        )
        st.caption(
            "Rounded to four digits so that each line adds up as printed; a number may be off by "
            "one in the last." + WORDS.get(look.checkpoint.config.position, "")
        )


def _arrays(look: Look) -> dict[str, np.ndarray]:
    trace = loads.stream(look)
    return {
        "token_embedding": trace.token_embedding,
        "position_embedding": np.ascontiguousarray(trace.position_embedding),
        "residual_0": trace.residual[0],
    }
