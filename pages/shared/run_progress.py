"""How far a run is: a bar with its state and step in words, or why it failed."""

from __future__ import annotations

import streamlit as st

from gpt.durations import duration
from pages.shared.plain import plain
from pages.shared.run_state import Moment


def run_progress(title: str, now: Moment) -> None:
    """Draw it.

    Args:
        title: what the run is called here, as plain text.
        now: one look at it.
    """
    status = now.status
    if now.word == "failed":
        st.error(plain(f"{title}: {status.reason}"), icon=":material/error:")
        return
    share = status.step / max(1, status.steps)
    st.progress(min(1.0, share), text=plain(_said(title, now)))


def _said(title: str, now: Moment) -> str:
    status = now.status
    parts = [f"{title}: {now.word}", f"step {status.step:,} of {status.steps:,}"]
    if status.seconds_left is not None and now.word == "training":
        parts.append(f"{duration(status.seconds_left)} left")
    elif now.why and now.live:
        parts.append(now.why)
    return " · ".join(parts)
