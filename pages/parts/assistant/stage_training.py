"""Training of the stages: the button that starts one, and how far it is."""

from __future__ import annotations

from functools import partial

import streamlit as st

from gpt.errors import HeadlightError
from gpt.training.control import Wish
from gpt.training.runs import Run
from pages.parts.assistant import stage_recipes
from pages.parts.assistant.assistant_state import AssistantState
from pages.parts.assistant.stage_recipes import Chain
from pages.shared import page_state, run_series, run_state
from pages.shared.run_series import Press
from pages.shared.run_state import moment, run_progress

LABELS = {
    "base": "Train a small base",
    "tuned": "Fine-tune",
    "reward": "Train a reward model",
    "policy": "Tune",
}
NEEDS = {"tuned": "base", "reward": "tuned", "policy": "tuned"}
"""By box, the one that its run begins with."""
FIRST = {"base": "a base", "tuned": "a fine-tuned run", "reward": "a reward model"}


def button(box: str, chain: Chain, state: AssistantState) -> None:
    """Draw the button that starts the next run of a stage; off while what it needs is missing."""
    lacks = missing(box, chain, state)
    st.button(
        LABELS[box],
        icon=":material/play_arrow:",
        key=f"train_{box}",
        type="primary",
        disabled=bool(lacks),
        help=f"First it needs {lacks} with weights." if lacks else None,
        on_click=partial(_start, box, chain, state),
    )


def missing(box: str, chain: Chain, state: AssistantState) -> str:
    """What the next run of a stage needs and is not here, in words; "" if all is."""
    needed = [NEEDS[box]] if box in NEEDS else []
    if box == "policy" and state.how == "ppo" and "ppo" in stage_recipes.methods(chain):
        needed.append("reward")
    return " and ".join(FIRST[each] for each in needed if chain.ready(each) is None)


def _start(box: str, chain: Chain, state: AssistantState) -> None:
    """Put the next run of a stage in the line of jobs, and choose it."""

    def prepare() -> list[Run]:
        run = stage_recipes.new_run(box, chain, state)
        page_state.put(**{box: run.name})
        return [run]

    run_series.start(prepare)


def progress(box: str, run: Run) -> None:
    """Draw how far an unfinished run is, again every second while it moves, and its buttons."""
    now = moment(run)
    if now.status.finished and not now.live:
        return
    run_series.watched([run], _bar, run)
    with st.container(horizontal=True, gap="small"):
        if now.live:
            for word, wish in (("Pause", Wish.PAUSE), ("Stop", Wish.STOP)):
                act = Press(word, partial(_ask, run, wish))
                icon = f":material/{word.lower()}:"
                run_series.button(f"{word}_{box}", act, icon, main=False, enabled=now.ours)
        elif now.hindrance is None:
            press = Press("Resume", partial(run_series.start, lambda: [run]))
            run_series.button(f"resume_{box}", press, ":material/play_arrow:", main=False)


def _bar(run: Run) -> None:
    run_progress(run.name, moment(run))


def _ask(run: Run, wish: Wish) -> None:
    try:
        run_state.ask(run, wish)
    except HeadlightError as error:
        st.session_state[run_series.TROUBLE] = str(error)
