"""Prompts with answers: one each in demonstrations, a better and a worse one in comparisons.

The two names are those of Ouyang et al. (2022), section 3.2. Rows come from a generator of ours or
from a person's own JSONL (`gpt.text.answer_layouts`).
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from gpt import bounded
from gpt.errors import CheckpointError
from gpt.text.builtin import assistant_tasks, generated
from gpt.text.builtin.assistant_tasks import AssistantTask, Judge
from gpt.text.example_files import json_line, stored_lines
from gpt.text.labelled import LabelledExamples
from gpt.text.leak_free import Split, folds, split
from gpt.text.normal_form import normal_forms

FEWEST_PROMPTS = 10
"""Different prompts from which on the parts of a split have none in common."""
PREFERENCE = ("rejected", "chosen")
"""The labels of a reward model; the reward is the logit of the second minus that of the first."""


@dataclass(frozen=True)
class Prompted:
    """N prompts with answers.

    Fields:
        name: how people call them.
        rows: N, each with a text for each of `COLUMNS`; every text on one line.
        origin: how to get them again, as plain JSON types; empty if they are only in memory.
        notes: what a person should know about how their files were read, a sentence each.
        parts: N, the part of the split that each belongs to; empty if all are free.
    """

    KIND: ClassVar[str]
    COLUMNS: ClassVar[tuple[str, ...]]

    name: str
    rows: tuple[tuple[str, ...], ...]
    origin: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def prompts(self) -> tuple[str, ...]:
        """N prompts."""
        return tuple(row[0] for row in self.rows)

    @property
    def text(self) -> str:
        """All prompts and answers, one a line."""
        return "".join(f"{text}\n" for row in self.rows for text in row)

    @property
    def task(self) -> AssistantTask | None:
        """The built-in task that they are of; None for a person's own."""
        name = self.origin.get("builtin")
        return assistant_tasks.ASSISTANT_TASKS[name] if name else None

    def take(self, rows: Iterable[int]) -> Self:
        """Some of the rows, by their numbers; the origin stays, because it names the judge."""
        rows = list(rows)
        parts = tuple(self.parts[i] for i in rows) if self.parts else ()
        return replace(self, rows=tuple(self.rows[i] for i in rows), notes=(), parts=parts)

    def split(self) -> Split:
        """Three parts without a common prompt, case and punctuation aside.

        Raises:
            TextError: too few different prompts.
        """
        return split(self._kept_apart)

    @property
    def _kept_apart(self) -> LabelledExamples:
        """The texts of which no two parts have one in common: the prompts, all of one class."""
        same = (0,) * len(self)
        return LabelledExamples(self.name, self.prompts, same, ("",), parts=self.parts)

    def describe(self) -> dict[str, Any]:
        """What a run's config says of its data, as plain JSON types."""
        return {
            "kind": self.KIND,
            "name": self.name,
            **self.origin,
            "examples": len(self),
            "characters": sum(len(text) for row in self.rows for text in row),
            "sha256": hashlib.sha256(self.content()).hexdigest(),
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    def files(self) -> dict[str, bytes]:
        """The files that a run keeps to read them again; none if they can be generated."""
        return {} if self.origin else {f"{self.KIND}.jsonl": self.content()}

    def content(self) -> bytes:
        """All rows as JSONL, which `gpt.text.answer_layouts` reads."""
        objects = (dict(zip(self.COLUMNS, row, strict=True)) for row in self.rows)
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in objects).encode()

    @classmethod
    def from_stored(cls, description: dict[str, Any], folder: Path) -> Self:
        """Read what a run keeps, or generate it, exactly as it was.

        Raises:
            CheckpointError: the file is missing or damaged.
            TextError: a description of no generator that is known here.
        """
        if "builtin" in description:
            return cls.from_builtin(*generated.arguments(description))
        path = folder / f"{cls.KIND}.jsonl"
        rows = tuple(_stored_row(line, cls.COLUMNS, path) for line in stored_lines(path))
        return cls(description["name"], rows, notes=tuple(description.get("notes", ())))

    @classmethod
    def from_builtin(cls, name: str, seed: int = 1, count: int = 20_000) -> Self:
        """Generated rows; the same for the same arguments.

        Raises:
            TextError: no such generator, or a count that cannot be.
        """
        rows = cls._written(name, random.Random(seed), assistant_tasks.check_count(count))
        origin = {"builtin": name, "seed": seed, "count": count}
        texts = tuple(row[:-1] for row in rows)
        return cls(name, texts, origin, parts=tuple(row[-1] for row in rows))

    @classmethod
    def _written(cls, name: str, rng: random.Random, count: int) -> Sequence[tuple[str, ...]]:
        raise NotImplementedError


class Demonstrations(Prompted):
    """N prompts, each with the answer that a person would give."""

    KIND = "demonstrations"
    COLUMNS = ("prompt", "answer")

    @property
    def answers(self) -> tuple[str, ...]:
        """N answers."""
        return tuple(row[1] for row in self.rows)

    @property
    def judge(self) -> Judge | None:
        """The built-in task's judge, if any; of a person's own, whether an answer is theirs."""
        if self.task is not None:
            return self.task.judge
        right = set(self.rows)
        return lambda prompt, answer: float((prompt, answer) in right)

    @classmethod
    def _written(cls, name: str, rng: random.Random, count: int) -> Sequence[tuple[str, ...]]:
        return assistant_tasks.find(name).demonstrate(rng, count)


@dataclass(frozen=True)
class Comparisons(Prompted):
    """N prompts, each with two answers, of which a person prefers the first.

    Fields:
        labelled_by: the classifier that stood in for the person; "" if none did.
    """

    KIND = "comparisons"
    COLUMNS = ("prompt", "chosen", "rejected")

    labelled_by: str = ""

    def describe(self) -> dict[str, Any]:
        """What a run's config says of its data, as plain JSON types."""
        by = {"labelled_by": self.labelled_by} if self.labelled_by else {}
        return {**super().describe(), **by}

    @classmethod
    def from_stored(cls, description: dict[str, Any], folder: Path) -> Self:
        """Read what a run keeps, as every kind of rows, and which classifier labelled it."""
        stored = super().from_stored(description, folder)
        return replace(stored, labelled_by=str(description.get("labelled_by", "")))

    @cached_property
    def _few_prompts(self) -> bool:
        """Whether a person rated several answers to prompts that are too few for three parts."""
        different = len(set(normal_forms(self.prompts)))
        return not self.parts and different < min(FEWEST_PROMPTS, len(self))

    @property
    def how_split(self) -> tuple[str, ...]:
        """What a person should know about how they are split, a sentence each."""
        if not self._few_prompts:
            return ()
        return (
            f"With fewer than {FEWEST_PROMPTS} different prompts, the same prompt is in several "
            "parts; the same two answers to it are in one.",
        )

    @property
    def _kept_apart(self) -> LabelledExamples:
        if not self._few_prompts:
            return super()._kept_apart
        texts = tuple("\n".join((row[0], *sorted(row[1:]))) for row in self.rows)
        return LabelledExamples(self.name, texts, (0,) * len(self), ("",))

    def folds(self, count: int, seed: int) -> tuple[Split, ...]:
        """Splits of which each tests on other rows; what `split` keeps apart stays so.

        Raises:
            TextError: too few different rows.
        """
        return folds(self._kept_apart, count, seed, validation=0)

    @property
    def judge(self) -> Judge | None:
        """The judge of the built-in task; a person's own comparisons have none."""
        return None if self.task is None else self.task.judge

    @property
    def contradictions(self) -> int:
        """How many comparisons there are whose opposite is there too, each pair counted once."""
        return contradictions(self.rows)

    @classmethod
    def _written(cls, name: str, rng: random.Random, count: int) -> Sequence[tuple[str, ...]]:
        compare = assistant_tasks.find(name, compared=True).compare
        assert compare is not None
        return compare(rng, count)


def contradictions(rows: Iterable[Sequence[str]]) -> int:
    """How often the same two answers to the same prompt are preferred both ways.

    >>> contradictions([("q", "a", "b"), ("q", "b", "a"), ("q", "a", "c")])
    1
    """
    known = {tuple(row) for row in rows}
    return sum((prompt, b, a) in known for prompt, a, b in known if a < b)


def _stored_row(line: str, columns: tuple[str, ...], path: Path) -> tuple[str, ...]:
    try:
        row = json_line(line)
        texts = tuple(row[column] for column in columns)
    except (ValueError, TypeError, KeyError):
        texts = ()
    if not texts or not all(isinstance(text, str) for text in texts):
        raise CheckpointError(f"{bounded.where(path)} does not hold the answers of this run")
    return texts
