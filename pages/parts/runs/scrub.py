"""Scrubbing: the attention of every head on the run's probe prompt, over its training."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gpt.training import snapshots
from gpt.training.runs import Run
from pages.shared import permalink, run_data
from viz.attention_view import attention_view, picked

VIEW = "runs_attention"


@st.fragment
def scrub(run: Run, link: dict[str, Any]) -> None:
    """A slider over the snapshots and the linked view of the one it stands on.

    Args:
        link: what the rest of the page has in the URL; this part adds step, layer and head.
    """
    steps = snapshots.steps(run.path)
    if not steps:
        st.info("This run has no snapshot yet: the first is taken when its training starts.")
        permalink.publish(**link)
        return
    step = _slider(steps)
    before = picked(VIEW)
    head = (permalink.bind("layer", 0, _index), permalink.bind("head", 0, _index))
    payload, head = run_data.snapshot_payload(run, step, head if before is None else before.head)
    shown = attention_view(payload, key=VIEW, selected=head)
    st.caption(run_data.EIGHT_BITS)
    permalink.publish(**link, step=step, layer=shown.head[0], head=shown.head[1])


def _slider(steps: list[int]) -> int:
    wanted = permalink.bind("step", steps[-1], int)
    if wanted not in steps:
        permalink.put("step", min(steps, key=lambda step: abs(step - wanted)))
    if len(steps) == 1:
        st.caption(f"One snapshot so far, at step {steps[0]:,}.")
        return steps[0]
    chosen: int = st.select_slider(
        "Optimizer step",
        steps,
        key=permalink.key("step"),
        format_func=lambda step: f"{step:,}",
        help="Drag, or use the arrow keys. Every evaluation of the training took one snapshot.",
    )
    return chosen


def _index(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value
