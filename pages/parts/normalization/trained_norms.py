"""Trained pairs about norms: their curves and losses, and a link to train them."""

from __future__ import annotations

from dataclasses import replace

import plotly.graph_objects as go
import streamlit as st

from gpt.training.pairs.building_pairs import find
from gpt.training.pairs.experiments import Experiment, find_runs, seeds
from gpt.training.runs import Run
from pages.parts.normalization.number_fields import chart, number, table
from pages.shared import folders, run_data
from pages.shared.plain import plain
from viz.figures.runs.curves import loss_curves

PAIRS = ("pair-norm-kind", "pair-norm-place")
LOSSES = {"val_loss": "validation loss", "train_loss": "training loss"}
LADDER = folders.ROOT / "pages" / "ladder.py"


def draw() -> None:
    """Draw the two pairs side by side."""
    st.subheader("Trained with other norms", anchor=False)
    for column, name in zip(st.columns(2, gap="large"), PAIRS, strict=True):
        with column, st.container(key=name):
            _pair(find(name))


def _pair(experiment: Experiment) -> None:
    st.markdown(f"**{experiment.title}.** {experiment.question}")
    for seed in seeds(folders.checkpoints(), experiment):
        runs = find_runs(folders.checkpoints(), experiment, seed)
        there = [run for run in runs if run is not None and _finished(run)]
        if len(there) == len(experiment.arms):
            chart(_curves(experiment, there), f"curves_{experiment.name}")
            st.markdown(_losses(experiment, there))
            st.caption(plain(f"Seed {seed}. {experiment.look_for}"))
            break
    else:
        st.caption("Not trained here yet: two tiny models, a click on *The ladder*.")
    st.page_link(
        LADDER,
        label="This pair on The ladder",
        icon=":material/stairs:",
        query_params={"show": "pairs", "pair": experiment.name},
        help=f"Or `python -m gpt experiment {experiment.name}`.",
    )


def _finished(run: Run) -> bool:
    status = run.status()
    return status.state == "done" and status.step >= status.steps


def _curves(experiment: Experiment, runs: list[Run]) -> go.Figure:
    named = [
        replace(run_data.curve(run), name=arm.label)
        for arm, run in zip(experiment.arms, runs, strict=True)
    ]
    return loss_curves(named, run_data.baseline(runs[0]))


def _losses(experiment: Experiment, runs: list[Run]) -> str:
    """The last estimates of each arm."""
    rows = [
        [plain(arm.label), *(number(run_data.latest(run, kind)) for kind in LOSSES)]
        for arm, run in zip(experiment.arms, runs, strict=True)
    ]
    return table(["", *(f"{words}, nats" for words in LOSSES.values())], rows)
