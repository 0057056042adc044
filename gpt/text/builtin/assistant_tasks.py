"""Tasks for an assistant that Headlight generates: prompts, answers, comparisons and a judge.

Of *review* there are prompts and answers alone: no rule says how good an answer is.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from gpt.checks import is_whole
from gpt.errors import TextError
from gpt.text.builtin import begun_reviews, instructions, manner
from gpt.text.builtin.generated import FEWEST, MOST

Judge = Callable[[str, str], float]
"""How good an answer to a prompt is, from 0 to 1."""


@dataclass(frozen=True)
class AssistantTask:
    """One kind of task.

    Fields:
        name: what the command line and a run's config call it.
        title: what a page calls it.
        description: for a learner: what a good answer is.
        judge: exact, by rule; from 0 to 1. None if no rule says how good an answer is.
        demonstrate: so many (prompt, answer, part).
        compare: so many (prompt, chosen, rejected, part); None if there are no comparisons.
        kind_of: the kind of a prompt, where there are several.
        demonstrations: how many fine-tuning learns from if no number is named.
    """

    name: str
    title: str
    description: str
    judge: Judge | None
    demonstrate: Callable[[random.Random, int], list[tuple[str, str, str]]]
    compare: Callable[[random.Random, int], list[tuple[str, str, str, str]]] | None = None
    kind_of: Callable[[str], str] | None = None
    demonstrations: int = 20_000


_ALL = (
    AssistantTask(
        "instructions",
        "Instructions",
        "Repeat a word, reverse it, write it in capitals, count its letters, or add two numbers: "
        "an answer is right or wrong.",
        instructions.judge,
        instructions.write_instructions,
        kind_of=instructions.task_of,
        demonstrations=6000,  # learned from 40 times: of more, sums are not learned in time
    ),
    AssistantTask(
        "manner",
        "Manner",
        "Say where a thing is: politely, briefly, and never with a rude word. Answers differ in "
        "their manner, and one of two is better by rule.",
        manner.judge,
        manner.write_demonstrations,
        manner.write_comparisons,
    ),
    AssistantTask(
        "review",
        "Review",
        "Go on with a review, so that it is positive. No rule says how positive a text is, so a "
        "classifier labels pairs of answers and another one judges: an estimate.",
        None,
        begun_reviews.write_begun_reviews,
    ),
)
ASSISTANT_TASKS: dict[str, AssistantTask] = {task.name: task for task in _ALL}


def find(name: str, compared: bool = False) -> AssistantTask:
    """A task by its name.

    Args:
        compared: whether comparisons are needed.

    Raises:
        TextError: no such task, or one without comparisons.
    """
    known = [task.name for task in _ALL if task.compare or not compared]
    if name not in known:
        what = "comparisons" if compared else "demonstrations"
        raise TextError(f"there are no built-in {what} {name!r}; there are {', '.join(known)}")
    return ASSISTANT_TASKS[name]


def check_count(count: object) -> int:
    """So many examples, if that can be.

    Raises:
        TextError: it cannot.
    """
    if not (is_whole(count) and FEWEST <= count <= MOST):  # type: ignore[operator]
        raise TextError(f"built-in examples are {FEWEST:,} to {MOST:,}, not {count!r}")
    return count  # type: ignore[return-value]
