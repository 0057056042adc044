"""What can be asked below the picture; nothing of it is computed before it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.parts.attention import (
    held_out,
    pattern_panel,
    reference,
    scores,
    switch_off_panel,
    weight_edit,
)
from pages.shared import permalink
from pages.shared.loads import Look
from viz.attention_view import Picked

PATTERNS, OFF, EDIT, REFERENCE = "Patterns", "Switch heads off", "Edit a weight", "Reference"
CHOICES = (PATTERNS, OFF, EDIT, REFERENCE)


@dataclass(frozen=True)
class Asked:
    """What the analyses are about.

    Fields:
        look, plain: what is shown, and the same without edited weights.
        shown: the head, and the cell that is locked.
        state: of the page, as a reference keeps it.
    """

    look: Look
    plain: Look
    shown: Picked
    state: Mapping[str, Any]


def choice() -> str | None:
    """Draw the choice; None while nothing is asked."""
    if permalink.bind("analysis", "") not in ("", *CHOICES):
        permalink.put("analysis", "")
    if st.session_state[permalink.key("analysis")] == "":
        st.session_state[permalink.key("analysis")] = None
    chosen: str | None = st.segmented_control(
        "Analyses",
        CHOICES,
        key=permalink.key("analysis"),
        label_visibility="collapsed",
        on_change=_changed,
    )
    return chosen


def _changed() -> None:
    """A click on the chosen one leaves None, which the link must not take for "as before"."""
    permalink.put("analysis", st.session_state[permalink.key("analysis")] or "")


def panel(chosen: str | None, asked: Asked) -> None:
    """Compute and draw what is asked."""
    if chosen == PATTERNS:
        pattern_panel.panel(asked.look, asked.plain)
    elif chosen == OFF:
        switch_off_panel.panel(asked.look, asked.plain)
    elif chosen == EDIT:
        weight_edit.panel(asked.plain, asked.look, asked.shown)
    elif chosen == REFERENCE:
        reference.panel(asked.state)


def link(chosen: str | None) -> dict[str, Any]:
    """What the URL says of the analyses."""
    if chosen not in (PATTERNS, OFF):
        return {"analysis": chosen}
    told: dict[str, Any] = {"analysis": chosen}
    token = permalink.bind("token", switch_off_panel.LIKELIEST, switch_off_panel.read_token)
    if chosen == OFF and token != switch_off_panel.LIKELIEST:
        told["token"] = token
    over = permalink.bind("over", held_out.OVERS[0])
    if over != held_out.OVERS[0]:
        told |= {"over": over, "heldout": permalink.bind("heldout", "") or None}
        if (speaker := permalink.bind(held_out.SPEAKER, held_out.EVERYONE)) != held_out.EVERYONE:
            told[held_out.SPEAKER] = speaker
    return told


def figures(chosen: str | None, look: Look, plain: Look) -> dict[str, Any]:
    """The pictures of the analysis that is shown, by title, as they are saved."""
    if chosen == PATTERNS:
        return {"Patterns": lambda: pattern_panel.figure(scores.patterns_of(look))}
    if chosen == OFF:
        return {"Heads switched off": lambda: switch_off_panel.prompt_figure(look)}
    if chosen == EDIT and look is not plain:
        return {"Next token, before and after": lambda: weight_edit.figure(plain, look)}
    return {}


def arrays(chosen: str | None, look: Look, plain: Look) -> dict[str, np.ndarray]:
    """The numbers of the analysis that is shown, as they are saved."""
    if chosen == PATTERNS:
        return pattern_panel.arrays(look)
    if chosen == EDIT and look is not plain:
        return weight_edit.arrays(plain, look)
    return switch_off_panel.arrays(look) if chosen == OFF else {}
