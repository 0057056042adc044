"""A reward model that learns from a person's own pairs: those that were rated, or out of files."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gpt.names import free_name
from gpt.text.prompted import Comparisons
from gpt.training.assistant.rating_folds import BATCH, STEPS
from gpt.training.assistant.stage_plan import plan_stage
from gpt.training.runs import Run
from pages.parts.assistant.stage_recipes import OWN_PAIRS
from pages.shared import folders, loads, page_state, run_series

STARTED = "_assistant_rated_started"
FEW = 500
"""Pairs below which the steps of the preset would learn them by heart."""
SHORT = {"steps": STEPS, "batch_size": BATCH, "warmup_steps": STEPS // 10}
"""How it learns from few pairs: as each fold of the estimate does, so that this is of the model."""


def start(run: Run, pairs: Callable[[], Comparisons]) -> None:
    """Put a reward model in the line of jobs, and choose it.

    Args:
        run: the fine-tuned run that it begins with.
        pairs: what it learns from.
    """

    def prepare() -> list[Run]:
        own = pairs()
        training = SHORT if len(own) < FEW else None
        plan = plan_stage("reward-model", loads.checkpoint(run.name), own, training=training)
        root = folders.checkpoints()
        return [plan.create(root / free_name(root, f"reward-{OWN_PAIRS}"))]

    for reward_run in run_series.start(prepare):
        page_state.put(reward=reward_run.name, policy=None)
        st.session_state[STARTED] = True
