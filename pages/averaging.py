"""Averaging the past: the loop, the matrix product and the softmax, and then one head."""

from __future__ import annotations

import streamlit as st

from pages.parts.averaging import matrix_by_hand, one_head, three_ways
from pages.parts.averaging.averaging_state import AveragingState
from pages.shared import page_state, url_controls
from pages.shared.lecture import cited, clock

SHOWS = {
    "numbers": matrix_by_hand.show,
    "three ways": three_ways.show,
    "one head": one_head.show,
}

ABOUT = f"""
Attention begins as an average of everything before a token, with equal weights.

- **Numbers.** A lower triangle of ones times a matrix adds up each row's past; with rows that
  add up to 1 it takes the mean. Change any number and follow it.
- **Three ways.** A loop, the matrix product, and the softmax of affinities that are all 0 with
  the future at −∞. All three give the same result; the page shows the code that runs.
- **One head.** In the third way the affinities may be q · k instead of 0: the query is what a token
  looks for, the key what a token contains. A new head's affinities are random and near 0, so its
  weights are nearly the mean; a trained head's are not.

*Let's build GPT*: loop {clock("loop")}, matrix product {clock("matrix product")},
softmax {clock("softmax")}, one head {clock("one head")}.
"""


def main() -> None:
    """One of three parts."""
    st.header("Averaging the past", anchor=False)
    st.markdown(
        "What is the simplest way for a token to hear from those before it? Follow one number "
        "through the triangle, then see what a head puts in its place. — "
        f"{cited('loop', 'one head', joined=' to ')}",
    )
    state = page_state.opened(AveragingState)
    part = url_controls.choice("Show", state, "show", tuple(SHOWS))
    page_state.publish(state, **{"show": part} | SHOWS[part](state))
    with st.expander("How to read this"):
        st.markdown(ABOUT)


main()
