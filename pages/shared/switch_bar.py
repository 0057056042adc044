"""The switches for mask and scale, the same on every page that has them."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gpt.nn.switches import parse_scale
from pages.shared.page_state import control
from pages.shared.parameters import Switched

MASKS = {
    "causal": {"model": "as trained", "none": "off", "window:8": "last 8"},
    "none": {"model": "as trained", "causal": "causal", "window:8": "last 8"},
    "cross": {"model": "as trained", "causal": "no later place"},
}
"""By what the mask is as trained, the masks on offer."""
HELP = {
    "causal": "As trained: in a decoder, a query sees itself and what came before. Off, it sees "
    "the future too.",
    "none": "As trained: every token sees all others. Causal, it sees itself and what came "
    "before, as in a decoder.",
    "cross": "As trained: every target token sees the whole source. Otherwise only source tokens "
    "whose place in the source is no later than its own in the target.",
}
SCALES = {"model": "as trained", "head_size": "1/√D", "n_embd": "1/√C", "none": "off"}


def switch_pair(state: Switched, own: str = "causal") -> tuple[str, str | float]:
    """Draw the choices of mask and scale; return both as `Switches` takes them.

    They stay side by side where a row of controls has no room for both.

    Args:
        own: what the mask is as trained, a key of `MASKS`.
    """
    with st.container(horizontal=True, width="content"):
        mask = _choice("Mask", "mask", state.mask, MASKS[own], HELP[own])
        return mask, _scale(state)


def _scale(state: Switched) -> str | float:
    chosen = _choice(
        "Scale",
        "scale",
        state.scale,
        SCALES,
        "What multiplies q · k before the softmax: as trained; 1/√D, D the head size, which most "
        "models are trained with; 1/√C, the classic slip; off: 1.",
    )
    return parse_scale(chosen)


def _choice(label: str, name: str, value: str, known: Mapping[str, str], help: str) -> str:
    options = list(known) if value in known else [*known, value]
    chosen: str | None = st.segmented_control(
        label,
        options,
        format_func=lambda option: known.get(option, option),
        **control(name),
        required=True,
        help=help,
    )
    return chosen or "model"
