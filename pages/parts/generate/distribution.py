"""The distribution of the next token as bars; a click takes one."""

from __future__ import annotations

import streamlit as st

import gpt
from pages.parts.generate import branches, buttons, next_steps
from pages.parts.generate.save_generation import TOP
from pages.shared.prompt_bar import Prompt
from viz.figures.predictions.next_token import next_token_bars


def distribution(prompt: Prompt, now: branches.Ids, step: gpt.Step, playing: bool) -> None:
    """Draw the bars; a click takes that token."""
    pieces = next_steps.vocabulary(prompt.run)
    figure = next_token_bars(step.probs_before, step.probs, pieces, step.id, TOP)
    # Streamlit's own theme for charts prints them in a grey too faint to read numbers in.
    ink = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")
    figure.update_traces(textfont_color=ink).update_yaxes(tickfont_color=ink)
    # A key for every place: a click left over from the last one must not count again.
    key = "generate_bars" if playing else f"generate_bars_{len(now)}"
    st.plotly_chart(
        figure,
        key=key,
        on_select="ignore" if playing else lambda: _clicked(prompt, now, key),
        selection_mode="points",
        config={"displayModeBar": False},
    )


def _clicked(prompt: Prompt, now: branches.Ids, key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    token = int(points[0]["customdata"][0]) if points else -1
    if token >= 0:
        buttons.take(prompt, now, token)
