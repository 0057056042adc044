"""Training rungs: all the small ones at a click, or one; pause, go on, and what is going on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from gpt.errors import HeadlightError
from gpt.training.control import Wish
from gpt.training.ladder import climbing, results
from gpt.training.ladder.rungs import RUNGS, SMALL, Rung
from gpt.training.ladder.standing import Standing, free_seed
from gpt.training.runs import Run
from pages.parts.ladder.texts import RUN_SEED, Chosen
from pages.shared import folders, permalink, run_data, run_state
from pages.shared.plain import plain
from pages.shared.run_progress import run_progress
from pages.shared.run_state import Moment, moment

EVERY = 1.0  # seconds between looks while a run moves
TROUBLE = "_ladder_trouble"
ALL = "Train all small rungs"
LARGE = (
    "The last one is for a GPU: 10.8 million parameters and 5,000 steps of 64 × 256 tokens. On two "
    "cores a step takes seconds, and all of them a night or two; it can be paused and goes on."
)


def moving(found: Sequence[Standing]) -> tuple[bool, bool]:
    """Whether a run moves by itself, so that the page should look again; whether it can be paused.

    It cannot in the seconds in which its process starts, or where it was started elsewhere.
    """
    return any(now.live for now in _moments(found)), any(now.ours for now in _moments(found))


def actions(chosen: Chosen, found: Sequence[Standing]) -> None:
    """The one button that fits, and a menu of single rungs."""
    small = found[: len(SMALL)]
    left = [one.rung for one in small if not _finished(one)]
    live, ours = moving(found)
    if live:
        _button("pause", "Pause", ":material/pause:", partial(_pause, chosen, found), enabled=ours)
    elif left:
        label = "Train the small rungs that are left" if len(left) < len(small) else ALL
        _button("all", label, ":material/play_arrow:", partial(start, chosen, left))
    else:
        seed = free_seed(folders.checkpoints(), chosen.sha256, chosen.seed)
        label, act = f"Train all again with seed {seed}", partial(_again, chosen, seed)
        _button("again", label, ":material/replay:", act, main=False)
    with st.popover("Train one", icon=":material/stairs:", key="ladder_one"):
        for one in found:
            rung_button(chosen, one, wide=True)
        st.caption(LARGE)


def _button(
    name: str,
    label: str,
    icon: str,
    action: Callable[[], None],
    main: bool = True,
    enabled: bool = True,
) -> None:
    """One of a name, so that a click that comes late does what was clicked and nothing else."""
    st.button(
        label,
        icon=icon,
        key=f"ladder_{name}",
        type="primary" if main else "secondary",
        on_click=action,
        disabled=not enabled,
    )


def rung_action(chosen: Chosen, one: Standing) -> None:
    """Train one rung, or pause it."""
    live, ours = moving([one])
    if live:
        name, act = f"pause_{one.rung.name}", partial(_pause, chosen, [one])
        _button(name, "Pause", ":material/pause:", act, enabled=ours)
    else:
        rung_button(chosen, one)


def rung_button(chosen: Chosen, one: Standing, wide: bool = False) -> None:
    """Train one rung, or go on with it; dead where it is done or moves."""
    done, now = _finished(one), None if one.run is None else moment(one.run)
    word = "done" if done else now.word if now is not None and now.live else ""
    told = f"{one.rung.title}: {word}" if word else f"Train: {one.rung.title}"
    st.button(
        plain(f"{told} (for a GPU)" if one.rung is RUNGS[-1] else told),
        key=f"ladder_train_{one.rung.name}",
        on_click=partial(start, chosen, [one.rung]),
        disabled=bool(word),
        width="stretch" if wide else "content",
    )


def start(chosen: Chosen, rungs: Sequence[Rung]) -> None:
    """Put rungs in the line of jobs, the lowest first."""
    try:
        corpus = chosen.corpus()
        for rung in rungs:
            run = climbing.prepare(folders.checkpoints(), rung, corpus, chosen.seed)
            if moment(run).hindrance is None:
                run_state.resume(run)
    except (HeadlightError, OSError) as error:
        st.session_state[TROUBLE] = str(error)


def trouble() -> None:
    """Say what the last press could not do."""
    if TROUBLE in st.session_state:
        st.error(plain(st.session_state.pop(TROUBLE)), icon=":material/error:")


def _again(chosen: Chosen, seed: int) -> None:
    permalink.put(RUN_SEED, seed)
    start(chosen.with_seed(seed), SMALL)


def _pause(chosen: Chosen, found: Sequence[Standing]) -> None:
    """The last in line first, so that none begins when another leaves."""
    names = {one.rung.name for one in found}
    for one in reversed(chosen.standings()):
        try:
            if one.run is not None and one.rung.name in names and moment(one.run).ours:
                run_state.ask(one.run, Wish.PAUSE)
        except HeadlightError as error:
            st.session_state[TROUBLE] = str(error)


def progress(found: Sequence[Standing]) -> None:
    """A bar for each run that trains or was broken off; those in line are told in the table."""
    for one, now in zip(found, _moments_of(found), strict=True):
        if now is None or _finished(one) or now.word == "waiting":
            continue
        if now.word == "paused" and not now.status.step:
            continue  # taken out of the line before it began
        run_progress(one.rung.title, now)


def state(one: Standing) -> str:
    """One word or two for the table."""
    if one.run is None:
        return "not trained"
    now = moment(one.run)
    if _finished(one):
        return "done"
    if now.status.state == "done":
        return f"stopped at step {now.status.step:,}"
    return f"{now.word} at step {now.status.step:,}" if now.status.step else now.word


def measure(found: Sequence[Standing]) -> bool:
    """Measure what was trained in the app and is not measured yet; whether anything was.

    What cannot be measured says why once, and is not tried again while its weights stay.
    """
    waiting = [one.run for one in found if one.unmeasured and one.run is not None]
    told = [_measured(run.name, _stamp(run), run) for run in waiting]
    for reason in filter(None, told):
        st.warning(plain(reason), icon=":material/warning:")
    return len(told) > len(list(filter(None, told)))


@st.cache_resource(max_entries=64, show_spinner="Measuring over the whole validation split…")
def _measured(name: str, stamp: int, _run: Run) -> str:
    try:
        results.measure(_run)
    except (HeadlightError, OSError) as error:
        return f"{name} cannot be measured: {error}"
    return ""


def _stamp(run: Run) -> int:
    return run_data.file_stamp(run.path / "model.safetensors")


def _finished(one: Standing) -> bool:
    if one.run is None:
        return False
    status = one.run.status()
    return status.state == "done" and status.step >= status.steps


def _moments(found: Sequence[Standing]) -> list[Moment]:
    return [now for now in _moments_of(found) if now is not None]


def _moments_of(found: Sequence[Standing]) -> list[Moment | None]:
    return [None if one.run is None else moment(one.run) for one in found]
