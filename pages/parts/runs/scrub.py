"""Scrubbing: the attention of every head on the run's probe prompt, over its training."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gpt.training import snapshots
from gpt.training.runs import Run
from pages.parts.runs.taking import save_moment
from pages.shared import links, permalink, run_data
from pages.shared.part import part
from viz.attention_view import attention_view, picked

VIEW = "runs_attention"


@part
def scrub(run: Run, link: dict[str, Any]) -> None:
    """The linked view of every snapshot, with a slider and a play button of its own.

    All snapshots are sent at once: while they play, nothing is asked of the server.

    Args:
        link: what the rest of the page has in the URL; this part adds step, layer and head.
    """
    if not run_data.has_heads(run):
        st.info("This run is of a bigram: it has no heads, and so no attention to show over time.")
        permalink.publish(**link)
        return
    steps = snapshots.steps(run.path)
    if not steps:
        st.info("This run has no snapshot yet: the first is taken when its training starts.")
        permalink.publish(**link)
        return
    film = run_data.film(run, steps)
    before = picked(VIEW)
    head = links.within(links.head() if before is None else before.head, film.codes.shape[1:])
    payload = run_data.film_payload(run, steps)
    shown = attention_view(payload, key=VIEW, selected=head, frame=_first(film.steps))
    step = film.steps[_frame(shown.frame, film.steps)]
    st.caption(_told(steps, film.steps))
    save_moment(run, step, shown.head)
    permalink.publish(**link, step=step, layer=shown.head[0], head=shown.head[1])


def _first(steps: list[int]) -> int:
    """The frame nearest to the step that the URL asks for; the last where it asks for none."""
    wanted = permalink.bind("step", steps[-1], links.index)
    return int(np.argmin([abs(step - wanted) for step in steps]))


def _frame(shown: int | None, steps: list[int]) -> int:
    return len(steps) - 1 if shown is None else min(shown, len(steps) - 1)


def _told(steps: list[int], kept: list[int]) -> str:
    if len(steps) == 1:
        return f"One snapshot so far, at step {steps[0]:,}. {run_data.EIGHT_BITS}"
    left = "" if len(kept) == len(steps) else f" Shown are {len(kept)} of {len(steps)} snapshots."
    return f"Every evaluation of the training took one snapshot.{left} {run_data.EIGHT_BITS}"
