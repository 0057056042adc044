"""The parts of a model in the order of the forward pass, and their count as a formula."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.architecture.formula import KINDS, Term, block_matrices, terms
from gpt.inspect.architecture.parameter_counts import by_kind
from gpt.nn.config import GPTConfig
from pages.shared import page_state
from pages.shared.figures import inked
from viz.figures.runs.parameter_bars import parameter_bars

ROW = 30


def draw(config: GPTConfig, part: str, parameters: int) -> None:
    """Draw the picture on the left, the formula on the right."""
    left, right = st.columns([9, 10], gap="medium")
    with left:
        key = f"structure_{part}"
        st.plotly_chart(
            inked(figure(config, None if part == "all" else part)),
            key=key,
            on_select=lambda: _clicked(key),
            selection_mode="points",
            config={"displayModeBar": False},
        )
    with right:
        _formula(config, parameters)


def figure(config: GPTConfig, part: str | None) -> go.Figure:
    """A bar for each part; the chosen one stands out."""
    names, counts = by_kind(config)
    return parameter_bars(names, KINDS, counts, part)


def _clicked(key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points and points[0].get("customdata"):
        page_state.put(part=str(points[0]["customdata"][0]))


def _formula(config: GPTConfig, total: int) -> None:
    summands = terms(config)
    rows = [_row(term, total) for term in summands]
    sums = " + ".join(term.symbols for term in summands if term.count)
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        row_height=ROW,
        column_config={
            "Part": st.column_config.TextColumn(width=108),
            "Formula": st.column_config.TextColumn(width=92),
            "Numbers": st.column_config.TextColumn(width=148),
            "count": st.column_config.NumberColumn("Count", format="localized", width=88),
            "share": st.column_config.NumberColumn("Share", format="percent", width=60),
        },
    )
    st.markdown(f"{total:,} = `{sums}`")
    if matrices := block_matrices(config):
        share = matrices.share(total)
        st.caption(
            f"The blocks' matrices alone: {matrices.symbols} = {matrices.numbers} = "
            f"{matrices.count:,}, {share:.1%} of all."
        )


def _row(term: Term, total: int) -> dict[str, object]:
    return {
        "Part": term.title,
        "Formula": term.symbols,
        "Numbers": term.numbers,
        "count": term.count,
        "share": term.share(total),
    }
