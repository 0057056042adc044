"""The field for the name of a new run, with a message if the name cannot be used."""

from __future__ import annotations

import streamlit as st

from gpt.errors import TrainingError
from gpt.names import check_name, check_new, free_name
from pages.shared import folders
from pages.shared.plain import plain

USED = "_train_name_used"


def used() -> None:
    """Note that a run was begun under the typed name: the field is empty when it is drawn next."""
    st.session_state[USED] = True


def field(key: str, wanted: str) -> str:
    """Draw the field; return the typed name, or the suggested free one.

    Args:
        wanted: the suggestion if no other run has that name.
    """
    if st.session_state.pop(USED, False):
        st.session_state[key] = ""  # so that the next free name is suggested
    suggested = free_name(folders.checkpoints(), wanted)
    typed: str = st.text_input(
        "Name",
        key=key,
        placeholder=suggested,
        help="Of the run and of its folder in checkpoints/. Left empty, it is the grey one.",
        persist_state="session",
    )
    return typed.strip() or suggested


def can_be(name: str) -> bool:
    """Whether a run can have this name; if not, say why, below the row of the field."""
    problem = _problem(name)
    if problem:
        st.error(plain(f"Name: {problem}."), icon=":material/error:")
    return not problem


def _problem(name: str) -> str:
    try:
        check_name(name)
        check_new(folders.folder_of(name))
    except TrainingError as error:
        return str(error)
    if folders.folder_of(name).exists():
        return f"there is a run {name!r} already; choose another name"
    return ""
