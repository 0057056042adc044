"""What can be done with one run: look inside, watch, resume, keep its best weights, delete."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from gpt.errors import HeadlightError
from gpt.names import free_name
from gpt.training import trash
from gpt.training.pack import pack
from gpt.training.runs import Run
from pages.parts.runs import run_table
from pages.parts.runs.runs_state import RunsState
from pages.shared import classroom, folders, run_state
from pages.shared.plain import plain, sentence

PAGES = folders.ROOT / "pages"
TROUBLE = "_runs_trouble"
BEST = (
    "Makes a run of its own, NAME-best, of the weights with the lowest validation loss (PPO and "
    "GRPO: with the highest reward, less what β takes, on held-out prompts): to be looked at and "
    "compared with the latest ones, not resumed."
)


def actions(name: str, state: RunsState) -> None:
    """Draw one row of buttons for a run, and any error below it."""
    run = Run(folders.folder_of(name))
    now = run_state.moment(run)
    inside = folders.has_weights(run.path)
    query = {"run": name}
    st.page_link(
        PAGES / "attention.py",
        label="Look inside",
        icon=":material/grid_on:",
        query_params=query,
        disabled=not inside,
        help="Opens it on the Attention page." if inside else "It has no weights yet.",
    )
    st.page_link(
        PAGES / "train.py",
        label="Watch",
        icon=":material/model_training:",
        query_params=query,
        help="Opens it on the Train page.",
    )
    can = now.hindrance is None
    if st.button(
        "Resume",
        icon=":material/play_arrow:",
        disabled=not can,
        help="Goes on from its last checkpoint." if can else plain(f"Not now: {now.hindrance}."),
    ) and did(lambda: run_state.resume(run)):
        st.switch_page(PAGES / "train.py", query_params=query)
    _keep_best(run, now.live)
    delete(run, now.live, state)


def trouble() -> None:
    """Say what the last press could not do."""
    if TROUBLE in st.session_state:
        st.error(sentence(st.session_state.pop(TROUBLE)), icon=":material/error:")


def _keep_best(run: Run, live: bool) -> None:
    there = (run.path / "best.safetensors").is_file()
    pressed = st.button(
        "Keep best",
        icon=":material/star:",
        disabled=live or not there,
        help=BEST if there else "It has no best weights beside the latest ones.",
    )
    target = free_name(folders.checkpoints(), run.name, "-best")
    if pressed and did(lambda: _keep(run, folders.folder_of(target))):
        st.toast(plain(f"{target} holds the best weights of {run.name}"))
        st.rerun()


def delete(run: Run, live: bool, state: RunsState) -> None:
    """Draw the deletion, which can be undone; not for a shipped run, nor for one that moves."""
    shipped = run.name in folders.SHIPPED
    why = "It comes with Headlight." if shipped else "Stop it first." if live else None
    if not classroom.may_change(run):
        why = "It is another visitor's run."
    if why is not None:
        st.button("Delete", icon=":material/delete:", disabled=True, help=why)
        return
    pressed = st.button(
        "Delete",
        icon=":material/delete:",
        key=f"runs_delete_{run.name}",
        help=f"Moves it to the trash, from where it can be put back for {trash.DAYS:.0f} days.",
    )
    if pressed and did(lambda: _throw_away(run)):
        run_table.forget(run.name, state)
        st.rerun()


def _throw_away(run: Run) -> None:
    classroom.check_mine(run)
    trash.throw_away(run)


def _keep(run: Run, target: Path) -> None:
    pack(run.path, target)
    classroom.own(Run(target))


def did(action: Callable[[], None]) -> bool:
    """Whether an action worked; if not, `trouble` says why."""
    try:
        action()
    except (HeadlightError, OSError) as error:
        st.session_state[TROUBLE] = str(error)
        return False
    return True
