"""Train it and see: one click trains a few models that differ in one setting, and shows all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from gpt.training.pairs.experiments import Experiment, find_runs, other_seed, prepare, seeds
from pages.shared import folders, page_state, pair_results, run_series, url_controls
from pages.shared.page_state import fitted
from pages.shared.parameters import HIGHEST_SEED, whole
from pages.shared.run_series import Press, Runs
from pages.shared.run_state import Moment, run_progress
from pages.shared.url_fields import PageState, parameter


@dataclass(frozen=True)
class Paired(PageState):
    """Pages with this panel; None stands for the page's first experiment, and for its own seed."""

    pair: str | None = parameter(nothing="the first experiment")
    pair_seed: int | None = parameter(
        None, whole(0, HIGHEST_SEED), label="Seed", nothing="the experiment's own"
    )


def pairs(known: Mapping[str, Experiment], state: Paired) -> dict[str, Any]:
    """Draw the panel: the experiment, the seed, one button, and the results of its runs.

    Args:
        known: the experiments to choose from, by name; the first is the default.

    Returns:
        The values of this panel in the URL.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="pair_bar"):
        experiment = _pair_menu(known, state)
        seed = _seed_field(experiment, state)
        runs = find_runs(folders.checkpoints(), experiment, seed)
        _action(experiment, seed, runs)
    run_series.trouble()
    st.markdown(f"**{experiment.question}** {experiment.look_for}")
    run_series.watched(runs, _panel, experiment, runs)
    if any(runs):
        pair_results.save(experiment, seed, runs)
    return {"pair": experiment.name, "pair_seed": seed}


def _pair_menu(known: Mapping[str, Experiment], state: Paired) -> Experiment:
    first = next(iter(known))
    lacks = f"there is no experiment {state.pair!r} here; choose one of {', '.join(known)}"
    fitted(state, "pair", known, first, lacks)
    chosen: str | None = st.segmented_control(
        "What differs",
        list(known),
        format_func=lambda name: known[name].title,
        **page_state.control("pair"),
        required=True,
        help="Models that differ in this only; they stay as runs, also on the Runs page.",
    )
    return known[chosen or first]


def _seed_field(experiment: Experiment, state: Paired) -> int:
    known = ", ".join(map(str, seeds(folders.checkpoints(), experiment)))
    meaning = "Of the first weights and the batches, the same for all models. Trained here so far:"
    return url_controls.seed(state, "pair_seed", experiment.seed, f"{meaning} {known or 'none'}.")


def _action(experiment: Experiment, seed: int, runs: Runs) -> None:
    """Draw the one button that is of use now."""
    label = "Go on" if any(runs) else "Train it and see"
    press = Press(label, partial(_start, experiment, seed))
    run_series.action("pair", runs, press, partial(_again, experiment, seed))


def _start(experiment: Experiment, seed: int) -> None:
    run_series.start(partial(prepare, folders.checkpoints(), experiment, seed))


def _again(experiment: Experiment, seed: int) -> Press:
    other = other_seed(folders.checkpoints(), experiment, seed)
    return Press(f"Train again with seed {other}", partial(_start_other, experiment, other))


def _start_other(experiment: Experiment, seed: int) -> None:
    page_state.put(pair_seed=seed)
    _start(experiment, seed)


def _panel(experiment: Experiment, runs: Runs) -> None:
    """Draw the progress of runs that move, and all results so far."""
    moments = run_series.moments(runs)
    with st.container(key="pair_panel"):
        if not all(map(run_series.finished, moments)):
            _progress(experiment, moments)
        pair_results.results(experiment, runs)


def _progress(experiment: Experiment, moments: list[Moment | None]) -> None:
    if not any(moments):
        return
    run_series.together("All", moments, [1.0] * len(moments))  # alike but for one setting
    for column, arm, now in zip(st.columns(len(moments)), experiment.arms, moments, strict=True):
        with column:
            if now is None:
                st.caption(f"{arm.label}: not started")
            else:
                run_progress(arm.label, now)
