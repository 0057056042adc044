"""Several runs at a click, one after the other: started, paused and watched together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from gpt.durations import duration
from gpt.errors import HeadlightError
from gpt.training.control import Wish
from gpt.training.runs import Run, list_runs
from gpt.training.series import Leg, series_progress
from pages.shared import classroom, folders, run_state
from pages.shared.page_parts import repeated
from pages.shared.plain import plain, sentence
from pages.shared.run_state import Moment, moment

EVERY = 1.0  # seconds between looks while a run moves
TROUBLE = "_series_trouble"
Runs = Sequence[Run | None]


@dataclass(frozen=True)
class Press:
    """A button's label and action."""

    label: str
    action: Callable[[], None]


def moments(runs: Runs) -> list[Moment | None]:
    """One look at each run; None for a run that does not exist yet."""
    return [None if run is None else moment(run) for run in runs]


def live(moments: Sequence[Moment | None]) -> bool:
    """Whether a run changes by itself, so that the page must look again."""
    return any(now is not None and now.live for now in moments)


def finished(now: Moment | None) -> bool:
    """Whether the run has done all of its steps."""
    return now is not None and now.status.finished


def action(name: str, runs: Runs, start: Press, again: Callable[[], Press] | None = None) -> None:
    """Draw the one button that fits: pause while a run moves, or else train the remaining runs.

    A run cannot be paused in the seconds in which its process starts, or if it was started
    elsewhere.

    Args:
        name: the beginning of the button's key. Each action has a key of its own, so that a late
            click does not do something else.
        again: the button to draw if all runs are done.
    """
    looks = moments(runs)
    if live(looks):
        ours = any(now is not None and now.ours for now in looks)
        press = Press("Pause", partial(pause, runs))
        button(f"{name}_pause", press, ":material/pause:", enabled=ours)
    elif again is not None and all(map(finished, looks)):
        button(f"{name}_again", again(), ":material/replay:", main=False)
    else:
        button(f"{name}_start", start, ":material/play_arrow:")


def button(key: str, press: Press, icon: str, main: bool = True, enabled: bool = True) -> None:
    """Draw it."""
    st.button(
        press.label,
        icon=icon,
        key=key,
        type="primary" if main else "secondary",
        on_click=press.action,
        disabled=not enabled,
    )


def start(prepare: Callable[[], Sequence[Run]]) -> Sequence[Run]:
    """Put the unfinished runs in the line of jobs, in their order.

    Args:
        prepare: gives the runs, and makes those that do not exist yet.

    Returns:
        The runs; none if they could not be made.
    """
    runs: Sequence[Run] = ()
    try:
        before = {run.name for run in list_runs(folders.checkpoints())}
        prepared = prepare()
        classroom.own(*(run for run in prepared if run.name not in before))
        runs = prepared
        for run in runs:
            if moment(run).hindrance is None:
                run_state.resume(run)
    except (HeadlightError, OSError) as error:
        st.session_state[TROUBLE] = str(error)
    return runs


def pause(runs: Runs) -> None:
    """Pause the runs, the last in line first, so that none begins when another leaves."""
    for run in reversed([run for run in runs if run is not None]):
        try:
            if moment(run).ours:
                run_state.ask(run, Wish.PAUSE)
        except HeadlightError as error:
            st.session_state[TROUBLE] = str(error)


def trouble() -> None:
    """Say what the last press could not do."""
    if TROUBLE in st.session_state:
        st.error(sentence(st.session_state.pop(TROUBLE)), icon=":material/error:")


def watched(runs: Runs, draw: Callable[..., None], *arguments: Any) -> None:
    """Call `draw`, and again every second while a run moves.

    When a run begins, has its first weights, or ends, the whole page runs again: its buttons
    change, and what there is to look at.
    """
    before = moments(runs)
    every = EVERY if live(before) else None
    repeated(_look, every)(runs, _states(runs, before), draw, arguments)


def _look(runs: Runs, before: object, draw: Callable[..., None], arguments: Any) -> None:
    if _states(runs, moments(runs)) != before:
        st.rerun()
    draw(*arguments)


def _states(runs: Runs, moments: Sequence[Moment | None]) -> list[object]:
    return [
        run and now and (now.word, now.live, now.ours, folders.has_weights(run.path))
        for run, now in zip(runs, moments, strict=True)
    ]


def together(title: str, moments: Sequence[Moment | None], work: Sequence[float]) -> None:
    """Draw how far several runs are together, and the time left, while one of them moves.

    Args:
        title: a name for all of them, as plain text.
        work: each run's share of the time, in any unit.
    """
    if len(moments) < 2 or not live(moments):
        return
    statuses = (None if now is None else now.status for now in moments)
    all_of_them = series_progress([Leg(*pair) for pair in zip(work, statuses, strict=True)])
    parts = [f"{title}: {all_of_them.finished} of {all_of_them.legs} trained"]
    if all_of_them.seconds_left is not None:
        parts.append(f"about {duration(all_of_them.seconds_left)} left")
    st.progress(min(1.0, all_of_them.share), text=plain(" · ".join(parts)))
