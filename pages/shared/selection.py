"""Selection: the head and the cell of a page, made to fit the model, or picked in a linked view.

A view reports its head and its locked cell with every run. Only a *change* since it was last drawn
is a choice; an older report must not overrule a head that was chosen meanwhile on another page or
in another view.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import streamlit as st

from gpt.inspect.heads.head_entropy import largest_first, telling
from pages.shared.large_traces import is_large
from pages.shared.loads import BY_LOOK, Look, attention
from pages.shared.page_state import fitted, is_asked_for, put
from pages.shared.parameters import Cell, OneHead
from pages.shared.url_fields import State
from viz.views.attention import Picked, picked

Head = tuple[int, int]
OPENED = "_opened_on_head"
"""The run that a page has opened on a head of its own accord, and that head."""


def fit_head(state: State, shape: tuple[int, ...]) -> State:
    """The state, with the nearest layer and head that a model of (L, H) has."""
    assert isinstance(state, OneHead)
    (L, H), (l, h) = shape[:2], (state.layer, state.head)
    state = fitted(state, "layer", range(L), min(l, L - 1), f"this model has layers 0 to {L - 1}")
    return fitted(state, "head", range(H), min(h, H - 1), f"a layer here has heads 0 to {H - 1}")


def is_free(run: str, state: State) -> bool:
    """Whether nobody has chosen a head for a run: what another run opened on is no choice."""
    assert isinstance(state, OneHead)
    if not (is_asked_for("layer") or is_asked_for("head")):
        return True
    opened: tuple[str, Head] | None = st.session_state.get(OPENED)
    return opened is not None and opened[0] != run and opened[1] == (state.layer, state.head)


def opened_on(run: str, head: Head, state: State) -> State:
    """The state on the head that a run opens on; other pages of the run follow."""
    changes: dict[str, Any] = dict(zip(("layer", "head"), head, strict=True))
    put(**changes)
    st.session_state[OPENED] = run, head
    return replace(state, **changes)


def opened_on_telling(state: State, look: Look) -> State:
    """The state, on the head whose queries tell most of where they look, if nobody chose a head.

    Args:
        look: at what the model reads of its own accord.
    """
    if not is_free(look.run, state) or is_large(look):
        return state
    changes: dict[str, Any] = dict(zip(("layer", "head"), _telling(look), strict=True))
    return replace(state, **changes)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_LOOK)
def _telling(look: Look) -> Head:
    first = largest_first(telling(attention(look).maps("weights")))
    return first[0] if first else (0, 0)


def within_shape(head: Head, shape: tuple[int, ...]) -> Head:
    """The head, or the nearest one that a model of (L, H) has."""
    return min(head[0], shape[0] - 1), min(head[1], shape[1] - 1)


def followed(state: State, *views: str) -> State:
    """The state, with the head and the cell that a person picked in the views since the last run.

    Args:
        state: of a page with a layer and a head, and perhaps a cell.
        views: keys of the linked views that all show the same head.
    """
    changes: dict[str, Any] = {}
    for key in views:
        before, now = _before(key), picked(key)
        if before is None or now is None:
            continue
        if now.head != before.head:
            changes |= {"layer": now.head[0], "head": now.head[1]}
            st.session_state.pop(OPENED, None)  # a person has chosen
        if now.cell != before.cell and hasattr(state, "cell"):
            changes["cell"] = now.cell
    if changes:
        put(**changes)
    return replace(state, **changes)


def picked_head(view: str) -> tuple[int, int] | None:
    """The head that was picked in a view since it was drawn; None if none was."""
    before, now = _before(view), picked(view)
    changed = before is not None and now is not None and now.head != before.head
    return now.head if changed and now is not None else None


def fit_cell(state: State, T: int, S: int) -> State:
    """The state, without its cell if maps of T queries and S keys do not have it."""
    cell: Cell | None = getattr(state, "cell")  # noqa: B009 - not every state has one
    inside = [] if cell is None or cell[0] >= T or cell[1] >= S else [cell]
    tokens = f"this prompt has tokens 0 to {T - 1:,}"
    if T != S:
        tokens = f"these maps have queries 0 to {T - 1:,} and keys 0 to {S - 1:,}"
    return fitted(state, "cell", inside, None, tokens)


def lock(key: str, cell: Cell | None) -> Cell | Literal["free"] | None:
    """The cell that a view must lock, or "free" to release it; None if it does so already.

    A link without a cell releases the one that the view has held since an earlier link.
    """
    before = _before(key)
    if before is None or before.cell == cell:
        return cell if before is None else None
    return "free" if cell is None else cell


def remember(key: str, selected: Picked) -> None:
    """Remember what a view showed when it was drawn."""
    st.session_state[f"_shown_{key}"] = selected


def _before(key: str) -> Picked | None:
    before: Picked | None = st.session_state.get(f"_shown_{key}")
    return before
