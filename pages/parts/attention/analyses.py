"""The analyses below the picture; each is computed only when a person asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.parts.attention import (
    head_analyses,
    pattern_panel,
    reference,
    switch_off_panel,
    weight_edit,
)
from pages.parts.attention.attention_state import (
    CHOICES,
    EDIT,
    OFF,
    PATTERNS,
    REFERENCE,
    AttentionState,
)
from pages.shared import page_memory, page_state
from pages.shared.loads import Look
from viz.views.attention import Picked


@dataclass(frozen=True)
class Analysed:
    """What an analysis is about.

    Fields:
        look, plain: with and without edited weights.
        selected: the head, and the locked cell.
        state: of the page.
        now: the settings that a reference keeps.
    """

    look: Look
    plain: Look
    selected: Picked
    state: AttentionState
    now: Mapping[str, Any]


def choice() -> str | None:
    """Draw the choice of an analysis; None while no one is chosen."""
    chosen: str | None = st.segmented_control(
        "Analyses",
        CHOICES,
        **page_state.control("analysis"),
        label_visibility="collapsed",
        on_change=_changed,
    )
    return chosen


def _changed() -> None:
    """A click on the chosen analysis closes it."""
    page_state.put(analysis=st.session_state[page_memory.key("analysis")])


def panel(chosen: str | None, analysed: Analysed) -> None:
    """Compute and draw the chosen analysis."""
    if chosen == PATTERNS:
        pattern_panel.panel(analysed.look, analysed.plain, analysed.state)
    elif chosen == OFF:
        switch_off_panel.panel(analysed.look, analysed.plain, analysed.state)
    elif chosen == EDIT:
        weight_edit.panel(analysed.plain, analysed.look, analysed.selected, analysed.state)
    elif chosen == REFERENCE:
        reference.panel(analysed.now, analysed.state)


def figures(chosen: str | None, look: Look, plain: Look, state: AttentionState) -> dict[str, Any]:
    """The pictures of the chosen analysis, by title, for saving."""
    if chosen == PATTERNS and look.site != "cross":
        return {"Patterns": lambda: pattern_panel.figure(head_analyses.patterns_of(look))}
    if chosen == OFF:
        return {"Heads switched off": lambda: switch_off_panel.prompt_figure(look, state)}
    if chosen == EDIT and look is not plain:
        return {"Next token, before and after": lambda: weight_edit.figure(plain, look)}
    return {}


def arrays(
    chosen: str | None, look: Look, plain: Look, state: AttentionState
) -> dict[str, np.ndarray]:
    """The numbers of the chosen analysis, for saving."""
    if chosen == PATTERNS:
        return pattern_panel.arrays(look)
    if chosen == EDIT and look is not plain:
        return weight_edit.arrays(plain, look)
    return switch_off_panel.arrays(look, state) if chosen == OFF else {}
