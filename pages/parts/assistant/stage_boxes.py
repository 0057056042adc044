"""The four boxes of the diagram: the run of each stage, its numbers, and what trains the next."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gpt.text.builtin.assistant_tasks import ASSISTANT_TASKS
from gpt.training.assistant.stage_presets import FIRST_OF_STAGE
from gpt.training.presets import find
from gpt.training.runs import Run
from pages.parts.assistant import estimates, stage_recipes, stage_training
from pages.parts.assistant.assistant_state import BETAS, COMPARISONS, HOWS, AssistantState
from pages.parts.assistant.lineage import Stages, stages
from pages.parts.assistant.stage_recipes import BELOW, Chain
from pages.shared import page_state, run_data
from pages.shared.plain import plain
from viz.text import readable

TITLES = {
    "base": ("1", "Base", "completes documents"),
    "tuned": ("2", "Fine-tuned", "answers, as people answered"),
    "reward": ("3", "Reward model", "weighs answers, as people do"),
    "policy": ("4", "Tuned", "writes what is weighed highly"),
}
NUMBERS: dict[str, dict[str, str]] = {
    "base": {"val_loss": "validation **{:.4f}** nats"},
    "tuned": {"judged": "judge’s score **{:.3f}**", "val_loss": "loss **{:.4f}** nats"},
    "reward": {"accuracy": "foresees **{:.1%}** of held-out choices"},
    "policy": {
        "judged": "judge’s score **{:.3f}**",
        "win_rate": "wins **{:.1%}** against stage 2",
        "kl": "KL **{:.4f}** nats a token",
        "accuracy": "foresees **{:.1%}**",
    },
}
"""By box, the columns of metrics.jsonl that it prints, each with its words."""
MISSING = {
    "base": "No decoder here yet.",
    "tuned": "No run was fine-tuned from this base yet.",
    "reward": "No reward model began with this fine-tuned run yet.",
    "policy": "No run was tuned from here yet.",
}
NO_COMPARISONS = (
    "These answers are right or wrong, so there is nothing to compare: GRPO learns from the exact "
    "judge, without a reward model."
)
OF_METHODS = {
    "ppo": "PPO follows the reward model, and pays β for each nat that it leaves stage 2.",
    "dpo": "DPO learns from the comparisons themselves, without a reward model.",
    "grpo": "GRPO asks the exact judge about several answers to each prompt.",
}

AT_ZERO = {
    "ppo": "At β = 0 nothing holds it near stage 2. It may find what the reward model overlooks: "
    "then the reward climbs while the judge’s score falls, which *Curves and β* says.",
    "grpo": "At β = 0 nothing holds it near stage 2. Its rewards are the exact judge’s, which "
    "cannot be hacked.",
}
"""By method, what no penalty leads to."""


def boxes(state: AssistantState) -> Chain:
    """Draw the diagram; return the runs that are chosen."""
    chain = Chain(stages())
    with st.container(key="stages"):
        for column, box in zip(st.columns(4, gap="medium"), TITLES, strict=True):
            with column, st.container(border=True, key=f"stage_{box}", height="stretch"):
                number, title, what = TITLES[box]
                st.markdown(f"**{number} · {title}**  \n{what}")
                chain = _box(box, chain, state)
    return chain


def _box(box: str, chain: Chain, state: AssistantState) -> Chain:
    """Draw one box; return the chain with its run."""
    names = _fitting(box, chain)
    chosen = _menu(box, names, chain.stages, state)
    chain = chain.with_run(box, chosen)
    run = chain.run(box)
    if run is not None:
        stage_training.progress(box, run, partial(numbers, box, run))
    elif chosen is not None:
        st.caption("Its folder is gone; its stages kept what they need of it.")
    elif not (box == "reward" and chain.tuned and not chain.has_comparisons):
        st.caption(MISSING[box])
    _next(box, chain, state, first=chosen is None)
    return chain


def _fitting(box: str, chain: Chain) -> list[str]:
    """The runs that can stand in a box, behind those that are chosen before it."""
    known = chain.stages
    if box == "base":
        return known.bases
    if box == "tuned":
        return known.tuned(chain.base) if chain.base else []
    if chain.tuned is None:
        return []
    return (
        known.rewards(chain.tuned) if box == "reward" else known.policies(chain.tuned, chain.reward)
    )


def _menu(box: str, names: list[str], known: Stages, state: AssistantState) -> str | None:
    """Draw the menu of a box, if there is anything to choose; return the chosen run."""
    asked: str | None = getattr(state, box)
    if not names:
        return None
    chosen = asked if asked in names else names[0]
    page_state.show(box, chosen)
    st.selectbox(
        TITLES[box][1],
        names,
        **page_state.control(box),
        format_func=known.line,
        on_change=partial(_changed, BELOW.get(box, ())),
        label_visibility="collapsed",
    )
    if asked not in (None, chosen):
        st.caption(f"The run {plain(readable(asked or ''))} does not fit in here, or is gone.")
    return chosen


def _changed(below: tuple[str, ...]) -> None:
    """Forget the runs of the later boxes: other ones follow this one."""
    page_state.put(**dict.fromkeys(below))


def numbers(box: str, run: Run) -> None:
    """Draw the latest numbers of a run that its box is about."""
    if box == "reward" and (own := own_pairs(run)):
        st.markdown(f"learned from **{own:,}** pairs of your own")
        return
    labelled_by = (run.config().get("data") or {}).get("labelled_by")
    latest = {field: run_data.latest(run, field) for field in NUMBERS[box]}
    words = [
        NUMBERS[box][field].format(value) for field, value in latest.items() if value is not None
    ]
    words += reward_words(run) if box == "policy" else []
    if words and not run.status().finished:
        words.append(f"at step **{measured_at(run, latest):,}**")
    if box == "reward" and labelled_by:
        words.append(f"made by **{plain(labelled_by)}**: an estimate")
    if words:
        st.markdown("  \n".join(words))


def reward_words(run: Run) -> list[str]:
    """How the mean reward of a run's own answers went, in Markdown; of DPO nothing."""
    rewards = run_data.columns(run).get("reward", np.zeros(0))
    there = rewards[np.isfinite(rewards)]
    ends = [f"**{x:.3f}**".replace("-", "−") for x in (*there[:1], *there[1:][-1:])]
    return [f"reward {' → '.join(ends)}"] if ends else []


def measured_at(run: Run, fields: Iterable[str]) -> int:
    """The last step at which one of some columns of metrics.jsonl was measured."""
    columns = run_data.columns(run)
    there = [np.flatnonzero(np.isfinite(columns[each])) for each in fields if each in columns]
    return int(columns["step"][max((each[-1] for each in there if len(each)), default=-1)])


def own_pairs(run: Run) -> int:
    """How many of a person's own pairs a reward model learned from; 0 if they are no person's.

    A tenth of few pairs is held out, which says nothing.
    """
    data = run.config().get("data") or {}
    return 0 if {"builtin", "labelled_by"} & set(data) else int(data.get("examples", 0))


def _next(box: str, chain: Chain, state: AssistantState, first: bool) -> None:
    """Draw what trains the next run of a stage, at once if it is the first one."""
    if box == "reward" and chain.tuned and not chain.has_comparisons:
        estimated = estimates.is_estimated(chain.builtin)
        st.caption(estimates.NO_LABELS if estimated else NO_COMPARISONS)
        return
    if box == "policy" and chain.tuned and not stage_recipes.methods(chain):
        st.caption("There is nothing to tune it by: rate pairs first, then train a reward model.")
        return
    with st.container() if first else _popover(box, getattr(chain, box)):
        state = _settings(box, chain, state)
        stage_training.button(box, chain, state)


def _popover(box: str, chosen: str) -> DeltaGenerator:
    """One that is closed as soon as another run is chosen: that which it started."""
    return st.popover("Train another", icon=":material/add:", key=f"more_{box}_{chosen}")


def _settings(box: str, chain: Chain, state: AssistantState) -> AssistantState:
    """Draw the settings of the next run of a stage; return the state with what they say."""
    if box == "tuned":
        tasks = estimates.tasks()
        words = f"it can be {', '.join(tasks)} among these runs"
        state = page_state.fitted(state, "task", tasks, AssistantState().task, words)
        st.selectbox(
            "Task",
            tasks,
            format_func=lambda name: ASSISTANT_TASKS[name].title,
            **page_state.control("task"),
            help="  \n".join(f"**{t.title}**: {t.description}" for t in ASSISTANT_TASKS.values()),
        )
        if estimates.is_estimated(state.task):
            st.caption(estimates.HOW)
    elif box == "reward" and estimates.is_estimated(chain.builtin):
        st.caption(estimates.HOW)
    elif box == "reward":
        words = f"there can be {', '.join(f'{n:,}' for n in COMPARISONS)} comparisons"
        state = page_state.fitted(state, "comparisons", COMPARISONS, COMPARISONS[-1], words)
        st.select_slider(
            "Comparisons",
            COMPARISONS,
            format_func="{:,}".format,
            **page_state.control("comparisons"),
            help="With few of them, what the model weighs is not what people meant: it can be "
            "hacked.",
        )
    return _policy_settings(chain, state) if box == "policy" else state


def _method_words(chain: Chain, how: str) -> str:
    """What a method learns from; of DPO, whose comparisons these are."""
    if how == "dpo" and chain.reward and not chain.stages.known[chain.reward].builtin:
        name = plain(chain.reward)
        return f"DPO learns from the pairs of **{name}** themselves, without a reward model."
    return OF_METHODS[how]


def _policy_settings(chain: Chain, state: AssistantState) -> AssistantState:
    """Draw the method and β."""
    ways = stage_recipes.methods(chain)
    if not ways:
        return state
    words = f"it can be {', '.join(ways)} here"
    state = page_state.fitted(state, "how", ways, ways[0], words)
    st.segmented_control(
        "Method", ways, format_func=HOWS.__getitem__, **page_state.control("how"), required=True
    )
    usual = find(FIRST_OF_STAGE[state.how]).training_config().beta
    wanted = [] if state.beta is None else [state.beta]
    betas = sorted({*BETAS, usual, *wanted} - ({0.0} if state.how == "dpo" else set()))
    if state.beta is None:
        page_state.show("beta", usual)
    else:
        words = "DPO learns nothing at β = 0: its loss weighs by β how far the policy moves"
        state = page_state.fitted(state, "beta", betas, usual, words)
    st.select_slider(
        "β",
        betas,
        format_func="{:g}".format,
        **page_state.control("beta"),
        help=f"What it costs to leave stage 2. The preset has {usual:g}.",
    )
    st.caption(_method_words(chain, state.how))
    if state.beta == 0:
        st.caption(AT_ZERO[state.how])
    return state
