"""Training of the stages: the button that starts one, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from gpt.errors import HeadlightError
from gpt.training.control import Wish
from gpt.training.runs import Run
from pages.parts.assistant import stage_recipes
from pages.parts.assistant.assistant_state import AssistantState
from pages.parts.assistant.stage_recipes import BELOW, Chain
from pages.parts.train.training_pace import stage_pace_line
from pages.shared import folders, page_state, run_data, run_series, run_state
from pages.shared.plain import plain
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
        on_click=partial(_start, box, chain, state),
    )
    if lacks:
        st.caption(lacks)
        return
    take = partial(stage_recipes.measured_pace, box, chain, state)
    key = stage_recipes.pace_key(box, chain, state)
    stage_pace_line(key, stage_recipes.training_of(box, state), take)


def missing(box: str, chain: Chain, state: AssistantState) -> str:
    """What the next run of a stage has to wait for, a sentence in Markdown; "" if all is there.

    A run that is still being trained is not begun with: what follows would have its weights as they
    are now.
    """
    needed = [NEEDS[box]] if box in NEEDS else []
    if box == "policy" and state.how == "ppo" and "ppo" in stage_recipes.methods(chain):
        needed.append("reward")
    lacks = [FIRST[each] for each in needed if chain.ready(each) is None and not chain.run(each)]
    if lacks:
        return f"First it needs {' and '.join(lacks)}."
    runs = [run for each in needed if (run := chain.run(each)) is not None]
    unready = [run.name for run in runs if moment(run).live or not folders.has_weights(run.path)]
    names = " and ".join(f"**{plain(name)}**" for name in unready)
    return f"It begins with {names}, once that is trained." if unready else ""


def _start(box: str, chain: Chain, state: AssistantState) -> None:
    """Put the next run of a stage in the line of jobs, and choose it."""
    for run in run_series.start(lambda: [stage_recipes.new_run(box, chain, state)]):
        page_state.put(**{box: run.name}, **dict.fromkeys(BELOW.get(box, ())))


def progress(box: str, run: Run, numbers: Callable[[], None]) -> None:
    """Draw the numbers of a run; of an unfinished one also how far it is, and its buttons.

    Numbers and progress are drawn again every second while the run moves.
    """
    now = moment(run)
    if now.status.finished and not now.live:
        numbers()
        return
    run_series.watched([run], _moving, run, numbers)
    with st.container(horizontal=True, gap="small"):
        if now.live:
            for word, wish in (("Pause", Wish.PAUSE), ("Stop", Wish.STOP)):
                act = Press(word, partial(_ask, run, wish))
                icon = f":material/{word.lower()}:"
                run_series.button(f"{word}_{box}", act, icon, main=False, enabled=now.ours)
        elif now.hindrance is None:
            press = Press("Resume", partial(_resume, run))
            run_series.button(f"resume_{box}", press, ":material/play_arrow:", main=False)


def _moving(run: Run, numbers: Callable[[], None]) -> None:
    numbers()
    run_progress(run.name, moment(run), run_data.latest(run, "tok_per_s"))


def _resume(run: Run) -> None:
    run_series.start(lambda: [run])


def _ask(run: Run, wish: Wish) -> None:
    try:
        run_state.ask(run, wish)
    except HeadlightError as error:
        st.session_state[run_series.TROUBLE] = str(error)
