"""The state of Assistant, as in its URL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from gpt import numerals
from gpt.text.builtin.assistant_tasks import ASSISTANT_TASKS
from pages.shared.parameters import OneHead, choice, one_of, real, seed, whole
from pages.shared.url_fields import parameter

CHANGED = {"policy": "4 · Tuned", "tuned": "2 · Fine-tuned", "reward": "3 · Reward model"}
STAGES = ("policy", "tuned", "base")
SHOWS = {
    "prompt": "One prompt",
    "rollout": "What it learned from",
    "curves": "Curves and β",
    "pairs": "Rate pairs",
    "inside": "What changed inside",
    "chat": "Chat",
}
NUMBERS = {
    "log_prob": "Log-probability",
    "kl": "KL",
    "reward": "Reward so far",
    "value": "Value",
    "advantage": "Advantage",
}
KEPT_NUMBERS = {
    "advantage": "Advantage",
    "value": "Value",
    "paid": "Reward of the token",
    "ratio": "Log-ratio to the reference",
    "log_prob": "Log-probability",
}
HOWS = {"ppo": "PPO", "dpo": "DPO", "grpo": "GRPO"}
BETWEEN = ","
BETAS = (0.0, 0.02, 0.1, 0.3, 1.0, 3.0, 10.0)
"""The strengths of the penalty that the slider has, beside the preset's own."""
COMPARISONS = (100, 1000, 20_000)


def _betas(text: str) -> tuple[float, ...]:
    return tuple(numerals.real(each, low=0.0) for each in text.split(BETWEEN) if each)


def _betas_text(betas: Iterable[float]) -> str:
    return BETWEEN.join(f"{beta:g}" for beta in betas)


@dataclass(frozen=True)
class AssistantState(OneHead):
    """The page's controls.

    Fields:
        base, tuned, reward, policy: the run of each stage.
        show: what of the stages is shown.
        ask: the prompt; None: one of the fine-tuned run's own.
        temperature, seed: of its answers.
        number, kept: what the tokens of answers are coloured by: of the prompt's, and of
            those that a run kept.
        step, answer: which of the kept answers are shown: the step that they were written before,
            and the first of them.
        betas: the β of the runs whose curves are drawn; none: all.
        changed: the stage that is looked into, before and after.
        position: of the logit lens; None: where the answer begins.
        stage: the one that is chatted with.
        skip: how many pairs of answers were not rated.
        task, comparisons, how, beta: how the next run of a stage is trained; None: as its preset.
    """

    page: ClassVar[str] = "assistant"
    base: str | None = parameter(nothing="the run with the most stages")
    tuned: str | None = parameter(nothing="the newest run of this stage")
    reward: str | None = parameter(nothing="the newest run of this stage")
    policy: str | None = parameter(nothing="the newest run of this stage")
    show: str = choice(SHOWS)
    ask: str | None = parameter(nothing="a prompt that nobody learned from")
    temperature: float = parameter(0.0, real(0.0), label="Temperature")
    seed: int = seed(1)
    number: str = choice(NUMBERS)
    step: int | None = parameter(None, whole(), nothing="the last answers that were kept")
    answer: int = parameter(0, whole(), label="From answer")
    kept: str = parameter("advantage", one_of(KEPT_NUMBERS))
    betas: tuple[float, ...] = parameter((), _betas, write=_betas_text, nothing="all runs")
    changed: str = choice(CHANGED)
    position: int | None = parameter(None, whole(), nothing="where the answer begins")
    stage: str = choice(STAGES)
    skip: int = parameter(0, whole(), label="Skipped")
    task: str = parameter("manner", one_of(ASSISTANT_TASKS), label="Task")
    comparisons: int = parameter(COMPARISONS[-1], whole(COMPARISONS[0]), label="Comparisons")
    how: str = choice(HOWS, label="Method")
    beta: float | None = parameter(
        None, real(0.0, 1000.0), label="β", write="{:g}".format, nothing="the preset's own β"
    )
