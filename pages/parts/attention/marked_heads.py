"""The heads that a person marked as solo, hidden or pinned; they are in the URL."""

from __future__ import annotations

import streamlit as st

from pages.parts.attention.attention_state import AttentionState
from pages.parts.attention.head_list_text import Head, read_heads, text
from pages.shared import page_state
from viz.views.attention import Marks

MENU = "_attention_heads"
IN_URL = {"solo": "solo", "hidden": "hide", "pinned": "pin"}


def marks(state: AttentionState) -> Marks:
    """The marks as the URL has them."""
    return {name: read_heads(getattr(state, field)) for name, field in IN_URL.items()}


def say_misfits(shape: tuple[int, ...], state: AttentionState) -> None:
    """Say which marked heads a model of (L, H) does not have."""
    L, H = shape[:2]
    for field in IN_URL.values():
        heads = read_heads(getattr(state, field))
        inside = [head for head in heads if head[0] < L and head[1] < H]
        if inside != heads:
            limits = f"this model has layers 0 to {L - 1} of heads 0 to {H - 1}"
            page_state.say_misfit(state, field, limits, text(inside) or "no head")


def put(changed: Marks) -> None:
    """Keep the marks that the browser reports."""
    page_state.put(**{field: text(changed.get(name, ())) for name, field in IN_URL.items()})


def chosen(marked: Marks, shape: tuple[int, ...]) -> frozenset[Head] | None:
    """The heads of a model of (L, H) that averages are over; None for all, or if all are hidden."""
    every = {(l, h) for l in range(shape[0]) for h in range(shape[1])}
    solo = every & set(marked["solo"])
    left = (solo or every) - set(marked["hidden"])
    return None if left in (every, set()) else frozenset(left)


def heads_menu(shape: tuple[int, ...], state: AttentionState) -> None:
    """A menu of the heads that an average is over: the solo ones, or all."""
    every = [(l, h) for l in range(shape[0]) for h in range(shape[1])]
    solo = [head for head in marks(state)["solo"] if head in every]
    st.session_state[MENU] = solo
    st.multiselect(
        "Over these heads",
        every,
        key=MENU,
        format_func=lambda head: f"L{head[0]} H{head[1]}",
        placeholder="All heads that are not hidden",
        on_change=lambda: page_state.put(solo=text(st.session_state[MENU])),
    )
