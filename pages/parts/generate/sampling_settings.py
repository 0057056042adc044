"""The sampling settings in one row: temperature, filters, seed and switches."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from gpt.inspect.sampling import Sampling
from pages.parts.generate.generate_state import GenerateState
from pages.shared import page_memory, page_state, switch_bar, url_controls

SEED_HELP = (
    "The draw at each position depends on the seed and the position alone, so the same seed gives "
    "the same text, step by step or at once."
)


@dataclass(frozen=True)
class GenerateSettings:
    """How to sample, and how to run the model."""

    sampling: Sampling
    seed: int
    mask: str
    scale: str | float


def settings_row(state: GenerateState) -> GenerateSettings:
    """Draw the controls; return their values.

    No field has limits of its own: the browser would leave a number beyond them in the field,
    without effect and without a message. The state refuses it, and says why.
    """
    with st.container(horizontal=True):
        _temperature()
        _top_k()
        _top_p()
        seed = url_controls.seed(state, "seed", 1, SEED_HELP)
        mask, scale = switch_bar.switch_pair(state)
    sampling = Sampling(state.temperature, state.top_k, state.top_p)
    return GenerateSettings(sampling, seed, mask, scale)


def _temperature() -> None:
    st.number_input(
        "Temperature",
        step=0.1,
        format="%.2f",
        **page_state.control("temperature"),
        help="Divides the logits. Below 1 the likely tokens win more often, above 1 the unlikely "
        "ones; 0 always takes the likeliest.",
        width=120,
    )


def _top_k() -> None:
    st.number_input(
        "Top-k",
        step=1,
        value=None,
        **page_state.control("top_k"),
        placeholder="all",
        on_change=lambda: _emptied("top_k"),
        help="Keep only the k likeliest tokens. Empty: all.",
        width=110,
    )


def _top_p() -> None:
    st.number_input(
        "Top-p",
        step=0.05,
        value=None,
        format="%.2f",
        **page_state.control("top_p"),
        placeholder="all",
        on_change=lambda: _emptied("top_p"),
        help="Keep the fewest likeliest tokens that together reach this share of the "
        "probability (Holtzman et al., 2020). Empty: all.",
        width=130,
    )


def _emptied(name: str) -> None:
    """Remember an empty field as a choice; otherwise it would look like one that was not drawn."""
    if st.session_state[page_memory.key(name)] is None:
        page_state.put(**{name: None})
