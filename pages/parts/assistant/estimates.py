"""Where no rule says how good an answer is: one classifier labels pairs, and another one judges.

Both are shipped, and learned from other texts: `sentiment` from real film reviews, `reviews` from
invented ones. A policy that only finds the weak spots of the first does not please the second. What
either says is an estimate, and the page calls it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from gpt.errors import HeadlightError
from gpt.text.builtin.assistant_tasks import ASSISTANT_TASKS, Judge
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.training.assistant.estimated_judge import (
    estimated_judge,
    labelled_pairs,
    learned_prompts,
)
from gpt.training.assistant.judged_runs import JudgedRun, judge_run, unseen
from pages.parts.assistant import stage_models
from pages.shared import folders, loads
from pages.shared.plain import plain

PAIRS = 300
"""Prompts that are answered twice for a reward model or DPO to learn from."""
DRAWS = 4
"""Answers to each prompt of the test that are judged."""
GENERATED = 4000
"""Examples among which these prompts are looked for."""
SEED = 100_000
"""Of the judged answers: none of those that the pairs were drawn with."""


@dataclass(frozen=True)
class Opinion:
    """What a classifier thinks of a text: how probable one of its labels is.

    Fields:
        run: the classifier.
        label: the one of its labels that is better.
    """

    run: str
    label: str

    @property
    def is_here(self) -> bool:
        """Whether the classifier is among the runs, and has the label."""
        if self.run not in folders.run_names():
            return False
        try:
            return self.label in (stage_models.run_of(self.run).config().get("labels") or ())
        except HeadlightError:
            return False

    @property
    def judge(self) -> Judge:
        """The classifier as a judge.

        Raises:
            HeadlightError: it is not there, or damaged.
        """
        return estimated_judge(loads.checkpoint(self.run), self.label)


LABELS = Opinion("sentiment", "pos")
JUDGES = Opinion("reviews", "positive")
HOW = (
    f"No rule says how good a review is. **{LABELS.run}**, which learned from real reviews, says "
    f"which of two answers is more positive; **{JUDGES.run}**, which learned from invented ones, "
    "judges what comes of it. Both are an estimate."
)
NO_LABELS = (
    f"No rule says which of two reviews is better, and the classifier **{LABELS.run}**, whose "
    "estimate would stand in for people, is not here. Rate pairs yourself, below."
)


def is_estimated(task: str) -> bool:
    """Whether a built-in task has no rule that judges; "" is no such task."""
    return task in ASSISTANT_TASKS and ASSISTANT_TASKS[task].judge is None


def tasks() -> list[str]:
    """The built-in tasks that can be carried through all stages here."""
    return [name for name in ASSISTANT_TASKS if not is_estimated(name) or LABELS.is_here]


def pairs(tuned: str) -> Comparisons:
    """Pairs of a run's answers to prompts that it learned from, the more positive one first.

    Raises:
        HeadlightError: no two answers differ, or the labelling classifier is gone.
    """
    return _pairs(tuned, loads.stamp(tuned), loads.stamp(LABELS.run))


@st.cache_resource(max_entries=8, show_spinner=f"{LABELS.run} labels {PAIRS} pairs of answers …")
def _pairs(tuned: str, stamp: int, of_labels: int) -> Comparisons:
    prompts = learned_prompts(stage_models.run_of(tuned).examples(Demonstrations), PAIRS)
    return labelled_pairs(loads.checkpoint(tuned), LABELS.judge, prompts, labelled_by=LABELS.run)


def fact(prompt: str, answer: str) -> str:
    """How probable the better label is for one answer, in words; "" without the judge."""
    if not JUDGES.is_here:
        return ""
    return f"{JUDGES.label} {JUDGES.judge(prompt, answer):.3f} by {JUDGES.run}, an estimate"


def draw_scores(task: str, tuned: str, policies: Sequence[str]) -> None:
    """Draw what the judging classifier says of the answers of some runs to unseen prompts."""
    if not JUDGES.is_here:
        st.caption(f"The classifier **{JUDGES.run}**, which would judge the answers, is not here.")
        return
    first, *others = (judged(task, name) for name in (tuned, *policies))
    st.markdown(score_table(first, others))
    st.caption(
        f"How probable “{JUDGES.label}” is by **{JUDGES.run}**, an estimate: the mean over "
        f"{len(first.scores)} unseen prompts, {DRAWS} drawn answers each. The difference is prompt "
        "by prompt, with its standard error; a win is a prompt with more positive answers, a tie "
        "half of one."
    )


def judged(task: str, run: str) -> JudgedRun:
    """What the judging classifier says of a run's answers to prompts that nobody learned from."""
    return _judged(task, run, loads.stamp(run), loads.stamp(JUDGES.run))


@st.cache_resource(max_entries=16, show_spinner=f"{JUDGES.run} judges answers …")
def _judged(task: str, run: str, stamp: int, of_judge: int) -> JudgedRun:
    asked = unseen(Demonstrations.from_builtin(task, count=GENERATED))
    N = len(asked)
    drawn = judge_run(loads.checkpoint(run), asked.take([*range(N)] * DRAWS), SEED, JUDGES.judge)
    by_prompt = drawn.scores.reshape(DRAWS, N).mean(0)  # (DRAWS N,) -> (N,)
    return JudgedRun(run, drawn.answers[:N], by_prompt)


def score_table(first: JudgedRun, others: Sequence[JudgedRun]) -> str:
    """The scores of some runs beside those of the first, in Markdown."""
    head = f"| run | {JUDGES.label}, % | beside stage 2 | wins, % |\n|:--|--:|--:|--:|\n"
    rows = [f"| {plain(first.name)} | {_percent(first.scores.mean())} | | |"]
    for other in others:
        more, wins = other.beside(first)
        beside = f"{_percent(more.value, '+')} ± {_percent(more.error)}"
        cells = (plain(other.name), _percent(other.scores.mean()), beside, _percent(wins))
        rows.append(f"| {' | '.join(cells)} |")
    return head + "\n".join(rows)


def _percent(share: float | np.floating, sign: str = "") -> str:
    return f"{100 * float(share):{sign}.1f}".replace("-", "−")
