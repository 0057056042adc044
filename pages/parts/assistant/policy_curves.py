"""The tuned runs beside each other: curves, β, and whether a reward was hacked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt import numerals
from gpt.errors import CheckpointError
from gpt.training.runs import Run
from pages.parts.assistant import estimates, stage_models
from pages.parts.assistant.assistant_state import AssistantState
from pages.parts.assistant.lineage import FOLLOWERS, Stage
from pages.parts.assistant.stage_recipes import Chain
from pages.shared import page_state, run_data
from pages.shared.figures import inked, theme_color
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.runs.stage_curves import StageCurve, has_number, stage_curves

PANELS = {
    "reward": "reward of its own answers",
    "judged": "judge’s score",
    "kl": "KL, nats a token",
    "win_rate": "share of wins",
    "entropy": "entropy, nats a token",
    "length": "tokens an answer",
}
MOST = 6
"""Runs that are drawn; there is a colour for each."""
HACKED = 0.05
"""The judge's score has to fall by more than this before the page calls a reward hacked."""


@dataclass(frozen=True)
class RewardPath:
    """The learned reward and the judge's score of a run, at its first and last evaluation of both.

    Fields:
        steps, rewards, scores: (first, last).
    """

    steps: tuple[int, int]
    rewards: tuple[float, float]
    scores: tuple[float, float]

    @property
    def is_hacked(self) -> bool:
        """Whether the reward rose while the judge's score fell."""
        return self.rewards[1] > self.rewards[0] and self.scores[1] < self.scores[0] - HACKED


def draw(chain: Chain, state: AssistantState) -> dict[str, object]:
    """Draw the choice by β, the curves, and the table; return the values for the URL."""
    every, damaged = policies(chain)
    for name, why in damaged.items():
        st.caption(f"**{plain(name)}** is left out: {plain(why)}.")
    if not every:
        st.info("Tune a run first: what becomes of it, step by step, is drawn here.")
        return {}
    chosen = _by_beta(every, state)
    first = sorted(chosen, key=lambda stage: (stage.name != chain.policy, not _finished(stage)))
    drawn = sorted(first[:MOST], key=lambda s: (FOLLOWERS.index(s.task), s.beta or 0.0))
    if len(drawn) < len(chosen):
        st.caption(f"{MOST} of {len(chosen)} runs are drawn; choose others by β.")
    curves = [curve(stage_models.run_of(stage.name), stage) for stage in drawn]
    panels = {
        name: title for name, title in PANELS.items() if any(has_number(c, name) for c in curves)
    }
    if not panels:
        st.info("Nothing was measured yet: the first evaluation comes before the first step.")
        return {"betas": tuple(state.betas)}
    figure = inked(stage_curves(curves, panels))
    figure.update_annotations(font_color=theme_color("textColor"))
    with st.container(key="assistant_curves"):
        st.plotly_chart(figure, key="assistant_curves_chart", config={"displayModeBar": False})
    _hacking(drawn)
    st.markdown(table(drawn))
    if chain.tuned and estimates.is_estimated(chain.builtin):
        finished = [stage.name for stage in drawn if _finished(stage)]
        estimates.draw_scores(chain.builtin, chain.tuned, finished)
    _save(drawn, figure)
    return {"betas": tuple(state.betas)}


def policies(chain: Chain) -> tuple[list[Stage], dict[str, str]]:
    """Every run that was tuned from the fine-tuned one, whatever reward it follows.

    Returns:
        Those that can be drawn; and by name, why the others cannot.
    """
    every, damaged = [], {}
    for name in chain.stages.after(chain.tuned) if chain.tuned else []:
        if chain.stages.known[name].task in FOLLOWERS:
            try:
                run_data.latest(stage_models.run_of(name), "step")
                every.append(chain.stages.known[name])
            except CheckpointError as error:
                damaged[name] = str(error)
    return every, damaged


def _finished(stage: Stage) -> bool:
    return stage_models.run_of(stage.name).status().finished


def _by_beta(every: list[Stage], state: AssistantState) -> list[Stage]:
    """Draw the choice among the β of the runs; return the runs of those that are chosen."""
    betas = sorted({stage.beta for stage in every if stage.beta is not None})
    chosen = tuple(beta for beta in state.betas if beta in betas)
    if chosen != state.betas:
        reason = f"the runs here have the β {', '.join(map(numerals.to_text, betas))}"
        page_state.say_misfit(state, "betas", reason, chosen)
    page_state.show("betas", list(chosen))
    st.pills(
        "β of the runs",
        betas,
        selection_mode="multi",
        format_func="{:g}".format,
        **page_state.control("betas"),
        help="None chosen: all. A smaller β lets a run go further from the model it began with; at "
        "0 nothing holds it, and what the reward model overlooks is what it finds.",
    )
    return [stage for stage in every if not chosen or stage.beta in chosen]


def curve(run: Run, stage: Stage) -> StageCurve:
    """The numbers of a run by step, under its name and what sets it apart."""
    columns = run_data.columns(run)
    steps = columns.get("step", np.zeros(0))
    return StageCurve(f"{run.name} (β {stage.beta:g})", steps.astype(int), columns)


def reward_path(run: Run) -> RewardPath | None:
    """How reward and judge's score went; None if both were not measured twice."""
    numbers = run_data.columns(run)
    if not {"reward", "judged"} <= set(numbers):
        return None
    there = np.flatnonzero(np.isfinite(numbers["reward"]) & np.isfinite(numbers["judged"]))
    if len(there) < 2:
        return None

    def ends(name: str) -> tuple[float, float]:
        return float(numbers[name][there[0]]), float(numbers[name][there[-1]])

    first, last = ends("step")
    return RewardPath((int(first), int(last)), ends("reward"), ends("judged"))


def _hacking(drawn: list[Stage]) -> None:
    """Say of each run that learned from its own answers what reward and judge did.

    Only a learned reward can be hacked: GRPO's is the judge's.
    """
    for stage in drawn:
        path = reward_path(stage_models.run_of(stage.name)) if stage.task != "dpo" else None
        if path is not None:
            st.markdown(_path_words(stage, path))


def _path_words(stage: Stage, path: RewardPath) -> str:
    first, last = path.steps
    numbers = [f"**{x:.3f}**".replace("-", "−") for x in (*path.rewards, *path.scores)]
    whose = "the judge’s" if stage.task == "grpo" else "the learned"
    words = (
        f"**{plain(stage.name)}**, β {stage.beta:g}: from step {first:,} to {last:,} {whose} "
        f"reward of its own answers went from {numbers[0]} to {numbers[1]}, the judge’s score on "
        f"held-out prompts from {numbers[2]} to {numbers[3]}."
    )
    if path.is_hacked and stage.task != "grpo":
        words += " **The reward was hacked**: what it weighs rose while the answers became worse."
    return words


def table(drawn: list[Stage]) -> str:
    """The last numbers of every run, in Markdown."""
    head = "| run | method | follows | β | steps | KL | reward | judge’s score | wins |\n"
    rows = [_row(stage) for stage in drawn]
    return "\n".join([f"{head}|:--|:--|:--|--:|--:|--:|--:|--:|--:|", *rows])


def _row(stage: Stage) -> str:
    run = stage_models.run_of(stage.name)
    numbers = {name: run_data.latest(run, name) for name in ("kl", "reward", "judged", "win_rate")}
    forms = {"kl": "{:.4f}", "reward": "{:.3f}", "judged": "{:.3f}", "win_rate": "{:.1%}"}
    printed = [
        "" if value is None else forms[name].format(value).replace("-", "−")
        for name, value in numbers.items()
    ]
    follows = plain(stage.reward) if stage.reward else ""
    cells = [plain(stage.name), stage.task.upper(), follows, f"{stage.beta:g}"]
    return f"| {' | '.join([*cells, f'{run.status().step:,}', *printed])} |"


def _save(drawn: list[Stage], figure: go.Figure) -> None:
    runs = [stage_models.run_of(stage.name) for stage in drawn]
    save_button(
        "assistant",
        figures={"Curves": lambda: figure},
        arrays=lambda: run_data.metrics(runs),
        settings={"runs": [run.name for run in runs]},
    )
