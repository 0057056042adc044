"""The dials of a new run on a text: how large the model is, and how many minutes it learns."""

from __future__ import annotations

import streamlit as st

from gpt.shape_only import count_parameters
from gpt.training.presets import find
from pages.parts.train.choice_names import BY_STEPS, MINUTES, SIZES, USUAL_MINUTES
from pages.parts.train.train_state import TrainState
from pages.shared import page_state
from pages.shared.visitors import is_classroom

SIZE = "train_size"
VOCABULARY = 65
"""Tiny Shakespeare's: the sizes are said with the parameters that they have there."""
ABOUT_MINUTES = (
    "How long it learns on this machine. The number of steps follows from its pace, timed "
    "when Train is pressed and again on the way; “by steps” takes those below, under More."
)


def size_dial(preset: str) -> None:
    """Draw the choice of a size; it chooses the preset of that name."""
    st.session_state[SIZE] = preset if preset in SIZES else None
    counts = {n: count_parameters(find(n).model_config(VOCABULARY)) / 1e6 for n in SIZES}
    st.segmented_control(
        "Size",
        list(SIZES),
        format_func=lambda name: f"{SIZES[name]} · {counts[name]:.1f} M",
        key=SIZE,
        on_change=_choose_size,
        help="Parameters, in millions. "
        + "  \n".join(f"**{SIZES[name]}**: {find(name).description}" for name in SIZES),
        width="content",
    )


def _choose_size() -> None:
    if chosen := st.session_state[SIZE]:
        page_state.put(preset=chosen)


def minutes_dial(state: TrainState, preset: str) -> float:
    """Draw the choice of the minutes; return them, or 0 for a number of steps."""
    usual = usual_minutes(preset)
    options = [BY_STEPS] if is_classroom() else list(MINUTES)
    wanted = usual if state.minutes is None else state.minutes
    page_state.show("minutes", wanted if wanted in options else BY_STEPS)
    chosen = st.segmented_control(
        "Minutes",
        options,
        format_func=MINUTES.__getitem__,
        **page_state.control("minutes"),
        required=True,
        help=ABOUT_MINUTES,
        width="content",
    )
    return 0.0 if chosen in (None, BY_STEPS) else float(chosen)


def usual_minutes(preset: str) -> str:
    """The minutes of a preset if nobody chose any: other presets have their own steps."""
    return BY_STEPS if is_classroom() else USUAL_MINUTES.get(preset, BY_STEPS)
