"""The server's training jobs, shared by every session."""

from __future__ import annotations

import streamlit as st

from gpt.training.jobs import Jobs
from pages.shared import folders


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The one line of training jobs of this server."""
    return Jobs(folders.checkpoints())
