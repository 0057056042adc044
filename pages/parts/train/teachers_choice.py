"""Teachers: the choice of runs whose predictions a new run learns from."""

from __future__ import annotations

import streamlit as st

from gpt.training.teachers import Teachers
from pages.shared import folders, loads, run_data
from viz.text import readable

KEY = "train_teachers"


def field() -> None:
    """Draw the choice; a run that is gone is no longer chosen."""
    names = [run.name for run in run_data.known_runs() if folders.has_weights(run.path)]
    if KEY in st.session_state:
        st.session_state[KEY] = [name for name in st.session_state[KEY] if name in names]
    st.multiselect(
        "Teachers",
        names,
        key=KEY,
        format_func=readable,
        persist_state="session",
        placeholder="none",
        help="Runs of the same text: the new one learns what they expect on average, in place of "
        "the one token that came (distillation; Hinton et al., 2015). Several seeds of one recipe "
        "teach more than each of them knows.",
    )


def are_chosen() -> bool:
    """Whether any run is chosen."""
    return bool(st.session_state.get(KEY))


def chosen() -> Teachers | None:
    """The chosen runs; None if there are none.

    Raises:
        CheckpointError: the weights of one cannot be read.
    """
    names: list[str] = st.session_state.get(KEY) or []
    return Teachers(tuple(map(loads.checkpoint, names))) if names else None
