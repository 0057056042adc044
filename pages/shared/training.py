"""The server's training jobs, shared by every session."""

from __future__ import annotations

import streamlit as st

from gpt.training.jobs import Jobs
from pages.shared import classroom, folders
from pages.shared.visitors import is_classroom


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The one line of training jobs of this server."""
    minutes = classroom.limits().minutes if is_classroom() else None
    return Jobs(folders.checkpoints(), minutes)
