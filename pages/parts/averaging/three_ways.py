"""The three ways side by side: their code, their agreement, and their times."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.one_head import averaging_ways
from pages.parts.averaging.averaging_state import AveragingState
from pages.shared.save import save_button
from viz.figures.timings import timings

TIMES = "_averaging_times"


def show(state: AveragingState) -> dict[str, str]:
    """Draw code, differences and, on request, the times."""
    for way, difference in averaging_ways.largest_differences().items():
        code, words = st.columns([3, 2], vertical_alignment="center")
        with code:
            st.code(averaging_ways.source_of(way), language="python", wrap_lines=True)
        with words:
            agreement = "The others are held against it."
            if way != "loop":
                agreement = f"Furthest from the loop on 64 × 8 numbers: {difference:.1e}."
            st.markdown(f"**{way.capitalize()}.** {agreement}")
    if st.button("Time them on this machine", icon=":material/timer:"):
        with st.spinner("Each way at each T, five times…"):
            st.session_state[TIMES] = averaging_ways.seconds_of_ways()
    if times := st.session_state.get(TIMES):
        figure = timings(averaging_ways.LENGTHS, times)
        _offer(figure, times)
        st.plotly_chart(figure, key="averaging_times", config={"displayModeBar": False})
        ratio = averaging_ways.loop_against_product(times)
        st.caption(
            f"At T = {averaging_ways.LENGTHS[-1]} the loop took {ratio:,.0f} times as long as the "
            "matrix product, on one thread, with 32 channels; medians of five."
        )
    return {}


def _offer(figure: go.Figure, times: dict[str, list[float]]) -> None:
    seconds = {f"{way}_seconds": np.array(medians) for way, medians in times.items()}
    save_button(
        "averaging: three ways",
        figures={"Time against T": lambda: figure},
        arrays=lambda: {"T": np.array(averaging_ways.LENGTHS), **seconds},
        settings={"channels": 32, "threads": 1, "repeats": 5},
    )
