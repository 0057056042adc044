"""The losses of runs over each other, and their scores."""

from __future__ import annotations

import streamlit as st

from gpt.training.runs import Run
from pages.parts.runs import run_table
from pages.parts.runs.save_runs import save_curves
from pages.shared import folders, run_data, task_scores
from viz.figures.runs.curves import loss_curves

DIFFERENT = (
    "These runs choose among different counts of tokens or labels, so that ln V, the loss of a "
    "guess, and with it the losses, differ too."
)


def over_each_other(chosen: list[str]) -> None:
    """Draw the losses of runs, and what they are measured by besides."""
    runs = [Run(folders.folder_of(name)) for name in chosen]
    run_table.say_damage(runs)
    guesses = {(run_data.baseline(run), run_data.guessed(run)) for run in runs}
    curves = [run_data.curve(run) for run in runs]
    if not any(len(curve.steps) for curve in curves):
        st.caption(
            "No losses were written down here: an imported model has none, and a run that has just "
            "begun has none yet. Choose a run that was trained here, or *Look inside*."
        )
        return
    if len(guesses) == 1:
        [(baseline, of)] = guesses
        figure = loss_curves(curves, baseline, of=of)
    else:
        figure = loss_curves(curves)
    st.plotly_chart(figure, key="runs_curves", config={"displayModeBar": False})
    if (scores := task_scores.figure(runs)) is not None:
        st.plotly_chart(scores, key="runs_scores", config={"displayModeBar": False})
        if task_scores.counting(runs[0]) and len(runs) == 1:
            st.caption(task_scores.ABOUT)
    save_curves(runs, figure)
    if len(guesses) > 1:
        st.caption(DIFFERENT)
