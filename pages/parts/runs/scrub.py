"""Scrubbing: the attention of every head on the run's probe prompt, over its training."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gpt.checkpoint import model_config
from gpt.training import snapshots
from gpt.training.runs import Run
from pages.parts.runs.runs_state import RunsState
from pages.parts.runs.save_runs import save_moment
from pages.shared import page_state, run_data, selection, site_bar
from pages.shared.page_parts import part
from pages.shared.snapshot_sites import sites_of
from viz.views.attention import attention_view

VIEW = "runs_attention"


@part
def scrub(run: Run, link: dict[str, Any]) -> None:
    """The linked view of every snapshot, with a slider and a play button of its own.

    All snapshots are sent at once, so that the server has no work while they play.

    Args:
        link: the other values of the page in the URL; this part adds step, layer and head.
    """
    state = page_state.now(RunsState)
    if not run_data.has_heads(run):
        st.info("This run is of a bigram: it has no heads, and so no attention to show over time.")
        page_state.publish(state, **link)
        return
    steps = snapshots.steps(run.path)
    if not steps:
        st.info("This run has no snapshot yet: the first is taken when its training starts.")
        page_state.publish(state, **link)
        return
    sites = sites_of(model_config(run.config()))
    site = site_bar.site_choice(sites, state)
    film = run_data.film(run, steps, site)
    state = selection.fit_head(selection.followed(state, VIEW), film.codes.shape[1:])
    payload = run_data.film_payload(run, steps, site)
    first = _first(state, film.steps)
    selected = attention_view(payload, key=VIEW, selected=(state.layer, state.head), frame=first)
    selection.remember(VIEW, selected)
    step = film.steps[_frame(selected.frame, film.steps)]
    st.caption(_snapshot_note(steps, film.steps))
    save_moment(run, step, selected.head, site)
    head = {"layer": state.layer, "head": state.head}
    page_state.publish(state, **link, site=site or None, step=step, **head)


def _first(state: RunsState, steps: list[int]) -> int:
    """The frame of the URL's step, or the nearest; the last without a step."""
    wanted = steps[-1] if state.step is None else state.step
    nearest = int(np.argmin([abs(step - wanted) for step in steps]))
    limits = f"snapshots are of steps {steps[0]:,} to {steps[-1]:,}, {len(steps)} in all"
    page_state.fitted(state, "step", steps, steps[nearest], limits)
    return nearest


def _frame(frame: int | None, steps: list[int]) -> int:
    return len(steps) - 1 if frame is None else min(frame, len(steps) - 1)


def _snapshot_note(steps: list[int], whole: list[int]) -> str:
    if len(steps) == 1:
        return f"One snapshot so far, at step {steps[0]:,}. {run_data.EIGHT_BITS}"
    left = "" if len(whole) == len(steps) else f" Shown are {len(whole)} of {len(steps)} snapshots."
    return f"Every evaluation of the training took one snapshot.{left} {run_data.EIGHT_BITS}"
