"""The switches for mask and scale, the same on every page that has them."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gpt.nn.switches import parse_scale
from pages.shared.page_state import control
from pages.shared.parameters import Switched

MASKS = {"model": "as trained", "none": "off", "window:8": "last 8"}
SCALES = {"model": "as trained", "head_size": "1/√D", "n_embd": "1/√C", "none": "off"}


def mask_switch(state: Switched) -> str:
    """Draw the choice of the attention mask; return its text."""
    return _choice(
        "Mask",
        "mask",
        state.mask,
        MASKS,
        "As trained: in a decoder, a query sees itself and what came before. Off, it sees the "
        "future too.",
    )


def scale_switch(state: Switched) -> str | float:
    """Draw the choice of the scale; return it as `Switches` takes it."""
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
