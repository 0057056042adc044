"""Encoded answers, and the batches that a stage learns from and is tested on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch

from gpt.text.encoded import Order
from gpt.text.prompted import Prompted
from gpt.text.template import Answered, encode, inputs_and_targets, whole_texts
from gpt.text.tokenizer import Tokenizer
from gpt.training.tasks.task import Batch


class AnswerRows:
    """N prompts with answers, and the batches that they make.

    A batch of B prompts has a row for the first answer of each, then a row for the second of each,
    if there are two.

    Args:
        rows: N prompts, each with its answers, as many for every prompt; at least one prompt.
        batch_of: makes a batch of rows.
    """

    def __init__(
        self, rows: Iterable[Sequence[Answered]], batch_of: Callable[[list[Answered]], Batch]
    ) -> None:
        self.rows = [tuple(answers) for answers in rows]
        self._batch_of = batch_of
        self._order = Order(torch.zeros(len(self.rows)))  # lengths mixed: each task has its own

    def __len__(self) -> int:
        return len(self.rows)

    def longest(self) -> list[int]:
        """The ids of the longest of all."""
        return max((answer for answers in self.rows for answer in answers), key=len).ids

    def at_step(self, step: int, batch_size: int, seed: int) -> Batch:
        """The batch that a step learns from; it depends on nothing else."""
        return self._batch_of(self._answers(self.numbers_at(step, batch_size, seed)))

    def numbers_at(self, step: int, batch_size: int, seed: int) -> list[int]:
        """Which prompts a step learns from: each comes once in an epoch."""
        numbers: list[int] = self._order.at_step(step, batch_size, seed).tolist()
        return numbers

    def some(self, batch_size: int, most: int) -> Iterator[Batch]:
        """The first prompts in turn, at most `most` batches of them."""
        rows = torch.arange(min(len(self), batch_size * most))
        for numbers in rows.split(batch_size):
            yield self._batch_of(self._answers(numbers.tolist()))

    def _answers(self, numbers: list[int]) -> list[Answered]:
        """The first answer of each prompt, then the second of each."""
        columns = zip(*(self.rows[n] for n in numbers), strict=True)
        return [answer for column in columns for answer in column]


def encoded(data: Prompted, tokenizer: Tokenizer) -> list[list[Answered]]:
    """Every prompt with each of its answers as ids.

    Raises:
        UnknownCharacterError: a character that the vocabulary lacks.
        TextError: a text with one of the template's own signs in it.
    """
    return [[encode(tokenizer, row[0], answer) for answer in row[1:]] for row in data.rows]


def to_write(rows: list[Answered]) -> Batch:
    """Answers that a decoder learns to write."""
    return Batch(*inputs_and_targets(rows))


def to_weigh(rows: list[Answered]) -> Batch:
    """Chosen answers, and as many rejected ones after them, that a reward model reads."""
    is_chosen = torch.arange(len(rows)) < len(rows) // 2
    return Batch(whole_texts(rows), is_chosen.long())
