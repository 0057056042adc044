"""Train it and see: one click trains a few models that differ in one setting, and shows all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from gpt.errors import ConfigError, HeadlightError, TrainingError
from gpt.training.control import Wish
from gpt.training.pairs.experiments import Experiment, find_runs, other_seed, prepare, seeds
from gpt.training.runs import Run
from pages.shared import folders, pair_results, permalink, run_state
from pages.shared.plain import plain
from pages.shared.run_progress import run_progress
from pages.shared.run_state import Moment, moment
from pages.shared.seed import seed_field

EVERY = 1.0  # seconds between looks while a run moves
PAIR, SEED = "pair", "pair_seed"
TROUBLE = "_pair_trouble"
Runs = list[Run | None]


def pairs(known: Mapping[str, Experiment]) -> None:
    """Draw the panel: which experiment, which seed, one button, and what its runs came to.

    Args:
        known: those to choose from, by name; the first is the default.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="pair_bar"):
        experiment = _pair_menu(known)
        seed = _seed_field(experiment)
        runs = find_runs(folders.checkpoints(), experiment, seed)
        moments = _moments(runs)
        _action(experiment, seed, runs, moments)
    if TROUBLE in st.session_state:
        st.error(plain(st.session_state.pop(TROUBLE)), icon=":material/error:")
    st.markdown(f"**{experiment.question}** {experiment.look_for}")
    before = _moving(moments)
    st.fragment(_panel, run_every=EVERY if before[0] else None)(experiment, seed, before)
    if moments:
        pair_results.save(experiment, seed, runs)


def link() -> dict[str, Any]:
    """What the URL says of this panel; the page publishes it with its own."""
    state = st.session_state
    return {name: state.get(permalink.key(name)) for name in (PAIR, SEED)}


def _pair_menu(known: Mapping[str, Experiment]) -> Experiment:
    first = next(iter(known))
    if permalink.bind(PAIR, first, partial(_name, known)) not in known:
        permalink.put(PAIR, first)  # another page's pair was chosen before
    chosen: str | None = st.segmented_control(
        "What differs",
        list(known),
        format_func=lambda name: known[name].title,
        key=permalink.key(PAIR),
        required=True,
        help="Models alike but for this; they stay as runs, on the Runs page too.",
    )
    return known[chosen or first]


def _name(known: Mapping[str, Experiment], name: str) -> str:
    if name not in known:
        told = ", ".join(known)
        raise ConfigError(f"there is no experiment {name!r} here; choose one of {told}")
    return name


def _seed_field(experiment: Experiment) -> int:
    known = ", ".join(map(str, seeds(folders.checkpoints(), experiment)))
    told = "Of the first weights and the batches, the same for all models. Trained here so far:"
    return seed_field(SEED, experiment.seed, f"{told} {known or 'none'}.")


def _moments(runs: Runs) -> list[Moment]:
    return [moment(run) for run in runs if run is not None]


def _moving(moments: list[Moment]) -> tuple[bool, bool]:
    """Whether one moves by itself; and whether one can be paused: not while its process starts."""
    return any(now.live for now in moments), any(now.ours for now in moments)


def _action(experiment: Experiment, seed: int, runs: Runs, moments: list[Moment]) -> None:
    """The one thing that can be asked for now."""
    arguments: tuple[Any, ...] = (experiment, seed)
    live, ours = _moving(moments)
    if live:
        _button("Pause", ":material/pause:", _pause, arguments, enabled=ours)
    elif None not in runs and all(_finished(now) for now in moments):
        seed = other_seed(folders.checkpoints(), experiment, seed)
        label = f"Train again with seed {seed}"
        _button(label, ":material/replay:", _again, (experiment, seed), main=False)
    elif moments:
        _button("Go on", ":material/play_arrow:", _start, arguments)
    else:
        _button("Train it and see", ":material/play_arrow:", _start, arguments)


def _button(
    label: str,
    icon: str,
    action: Any,
    arguments: tuple[Any, ...],
    main: bool = True,
    enabled: bool = True,
) -> None:
    st.button(
        label,
        icon=icon,
        key="pair_action",
        type="primary" if main else "secondary",
        on_click=action,
        args=arguments,
        disabled=not enabled,
    )


def _finished(now: Moment) -> bool:
    return now.status.state == "done" and now.status.step >= now.status.steps


def _start(experiment: Experiment, seed: int) -> None:
    """Put every arm that is not done in the line of jobs, the first one first."""
    try:
        for run in prepare(folders.checkpoints(), experiment, seed):
            if moment(run).hindrance is None:
                run_state.resume(run)
    except (HeadlightError, OSError) as error:
        st.session_state[TROUBLE] = str(error)


def _again(experiment: Experiment, seed: int) -> None:
    permalink.put(SEED, seed)
    _start(experiment, seed)


def _pause(experiment: Experiment, seed: int) -> None:
    """The last in line first, so that none begins when another leaves."""
    found = find_runs(folders.checkpoints(), experiment, seed)
    for run in reversed([run for run in found if run is not None]):
        try:
            if moment(run).ours:
                run_state.ask(run, Wish.PAUSE)
        except TrainingError as error:
            st.session_state[TROUBLE] = str(error)


def _panel(experiment: Experiment, seed: int, before: tuple[bool, bool]) -> None:
    """Progress while something moves; what there is to see so far in any case."""
    runs = find_runs(folders.checkpoints(), experiment, seed)
    moments = [None if run is None else moment(run) for run in runs]
    if before[0] and _moving([now for now in moments if now is not None]) != before:
        st.rerun()  # the whole page once more: its button is another, or no looking is left to do
    with st.container(key="pair_panel"):
        if not all(now is not None and _finished(now) for now in moments):
            _progress(experiment, moments)
        pair_results.results(experiment, runs)


def _progress(experiment: Experiment, moments: list[Moment | None]) -> None:
    if not any(moments):
        return
    for column, arm, now in zip(st.columns(len(moments)), experiment.arms, moments, strict=True):
        with column:
            if now is None:
                st.caption(f"{arm.label}: not started")
            else:
                run_progress(arm.label, now)
