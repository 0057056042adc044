"""What the judge says of several runs on the same unseen prompts, and how they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpt.checkpoint import Checkpoint
from gpt.errors import ConfigError, TextError
from gpt.text.builtin.assistant_tasks import Judge
from gpt.text.documents import end_token
from gpt.text.prompted import Demonstrations
from gpt.text.template import encode_prompt
from gpt.training.assistant.answering import write_answers
from gpt.training.assistant.starting import assistant_start

TOGETHER = 100
MOST = 64
"""Tokens of an answer, its end included."""


@dataclass(frozen=True)
class Mean:
    """A mean over N prompts.

    Fields:
        value: the mean.
        error: its standard error, √(s² / N); 0 for a single prompt.
    """

    value: float
    error: float


@dataclass(frozen=True)
class JudgedRun:
    """A run's answers to N prompts.

    Fields:
        name: of the run.
        answers: N texts.
        scores: (N,) what the judge says of each.
    """

    name: str
    answers: tuple[str, ...]
    scores: np.ndarray

    def mean(self, rows: Sequence[int] | None = None) -> Mean:
        """The mean score, of some of the prompts or of all."""
        return mean_of(self.scores if rows is None else self.scores[list(rows)])

    def beside(self, other: JudgedRun) -> tuple[Mean, float]:
        """How much better this run is than another on the same prompts, and its win rate.

        Returns:
            The mean of the differences, prompt by prompt; and the share of prompts on which this
            run's answer is better, ties as half.
        """
        wins = (self.scores > other.scores) + 0.5 * (self.scores == other.scores)
        return mean_of(self.scores - other.scores), float(wins.mean())


def mean_of(values: np.ndarray) -> Mean:
    """The mean of (N,) values with its standard error."""
    error = values.std(ddof=1) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return Mean(float(values.mean()), float(error))


def unseen(data: Demonstrations, count: int | None = None) -> Demonstrations:
    """The first prompts of the test, each once.

    Args:
        count: how many; None takes all.

    Raises:
        TextError: there are fewer.
    """
    first: dict[str, int] = {}
    for row in data.split().test.tolist():
        first.setdefault(data.prompts[row], row)
    if count is not None and len(first) < count:
        raise TextError(f"{data.name} has {len(first):,} prompts for the test, not {count:,}")
    return data.take(list(first.values())[:count])


def by_kind(data: Demonstrations) -> dict[str, list[int]]:
    """The numbers of the prompts of each kind of task; empty where there is one kind only."""
    kinds: dict[str, list[int]] = {}
    if data.task is not None and data.task.kind_of is not None:
        for n, prompt in enumerate(data.prompts):
            kinds.setdefault(data.task.kind_of(prompt), []).append(n)
    return kinds


def judge_run(
    checkpoint: Checkpoint,
    data: Demonstrations,
    seed: int | None = None,
    judge: Judge | None = None,
) -> JudgedRun:
    """Let a run answer the prompts, and judge its answers.

    A run whose vocabulary lacks a character gets a row for it, as a stage that begins with it does.

    Args:
        seed: prompt n is answered with `seed` + n; None takes the likeliest token each time.
        judge: None takes that of the data.

    Raises:
        ConfigError, TokenizerError: a run that cannot answer, or no judge.
    """
    judge = judge or data.judge
    if judge is None:
        raise ConfigError(
            f"no rule says how good an answer of {data.name} is; name a classifier with --by and "
            "its label with --label, whose opinion is an estimate"
        )
    wider, _ = assistant_start(checkpoint, data, seed=1)
    tokenizer, answers = wider.tokenizer, []
    end = end_token(tokenizer)
    for first in range(0, len(data), TOGETHER):
        rows = range(first, min(first + TOGETHER, len(data)))
        prompts = [encode_prompt(tokenizer, data.prompts[n]) for n in rows]
        seeds = None if seed is None else [seed + n for n in rows]
        written = write_answers(wider.model, prompts, end, MOST, seeds)
        answers += [tokenizer.decode(each.answer) for each in written]
    scores = [judge(*pair) for pair in zip(data.prompts, answers, strict=True)]
    return JudgedRun(checkpoint.path.name, tuple(answers), np.array(scores))
