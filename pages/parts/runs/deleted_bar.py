"""Deleted runs: the last one is a click away for an hour, all that are kept in a menu."""

from __future__ import annotations

import time

import streamlit as st

from gpt.training import trash
from gpt.training.runs import Run
from gpt.training.trash import DeletedRun
from pages.parts.runs import run_actions
from pages.shared import classroom, folders, page_state
from pages.shared.plain import plain
from viz.text import readable

RECENT = 3600.0
"""Seconds for which the last deletion stands beside its *Undo*."""
UNITS = ((24 * 3600, "day"), (3600, "hour"), (60, "minute"))


def draw() -> None:
    """Draw what this visitor may put back; nothing if they deleted nothing."""
    every = trash.deleted_runs(folders.checkpoints())
    own = [deleted for deleted in every if classroom.may_change(Run(deleted.path))]
    if not own:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="runs_deleted"):
        if time.time() - own[0].seconds < RECENT:
            st.markdown(f"**{plain(readable(own[0].name))}** was deleted.", width="content")
            _button(own[0], "Undo", "runs_undo")
        with st.popover(f"Deleted runs ({len(own)})", icon=":material/delete:", type="tertiary"):
            _menu(own)


def _menu(own: list[DeletedRun]) -> None:
    st.caption(
        f"The last {trash.MOST} are kept, for {trash.DAYS:.0f} days; what is older is removed at "
        "the next deletion."
    )
    for deleted in own:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{plain(readable(deleted.name))}** {ago(time.time() - deleted.seconds)}",
                width="stretch",
            )
            _button(deleted, "Put back", f"runs_back_{deleted.path.name}")
    pressed = st.button("Remove all for good", icon=":material/delete_forever:", key="runs_empty")
    if pressed and run_actions.did(lambda: _remove(own)):
        st.rerun()


def _button(deleted: DeletedRun, label: str, key: str) -> None:
    pressed = st.button(label, icon=":material/undo:", key=key)
    if pressed and run_actions.did(lambda: _put_back(deleted)):
        st.rerun()


def _put_back(deleted: DeletedRun) -> None:
    classroom.check_mine(Run(deleted.path))
    classroom.check_number(1)
    page_state.put(runs=trash.put_back(deleted).name)


def _remove(own: list[DeletedRun]) -> None:
    for deleted in own:
        trash.remove(deleted)


def ago(seconds: float) -> str:
    """How long ago something was, in words.

    >>> ago(30), ago(7300), ago(24 * 3600)
    ('just now', '2 hours ago', '1 day ago')
    """
    for unit, word in UNITS:
        if count := int(seconds // unit):
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"
