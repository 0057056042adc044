"""The run that Inside a head opens on: the lecture's own size, with every number in sight.

Only for a person who comes without a choice. Who has chosen a head, a prompt or a run on another
page sees that one here.
"""

from __future__ import annotations

import streamlit as st

from pages.parts.head.head_state import HeadState
from pages.shared import page_state
from pages.shared.kinds import RunKind
from pages.shared.page_memory import session_memory

ONE_HEAD = RunKind(lambda run: True, ("ladder-one-head",), "")
"""All runs; the lecture's single head, of 8 tokens, is chosen at first."""
CAME_BARE = "_head_came_bare"


def opened() -> tuple[HeadState, RunKind | None]:
    """The page's state, and which runs come first in its menu."""
    arrived = session_memory().page != HeadState.page
    state = page_state.opened(HeadState)
    if arrived:
        st.session_state[CAME_BARE] = is_bare(state)
    return state, ONE_HEAD if st.session_state.get(CAME_BARE) else None


def is_bare(state: HeadState) -> bool:
    """Whether nothing was chosen of what a head is looked at with."""
    chosen = (state.run, state.prompt, state.source, state.site, state.query, state.key)
    return all(each is None for each in chosen) and (state.layer, state.head) == (0, 0)
