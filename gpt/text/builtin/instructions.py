"""Instructions with one right answer each: repeat, reverse, upper case, count letters, add.

    reverse: qhxb      bxhq
    count letters: qhxb      4
    add: 27+46      73

Which part of the split a word or a pair of numbers belongs to follows from itself, by `part_of`. A
word of the test is therefore in no task that is learned from, whatever the seed and the count.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

from gpt import numerals
from gpt.text.builtin.draw import between, pick
from gpt.text.builtin.tasks import LETTERS

PARTS = ("training",) * 8 + ("validation", "test")
"""Of ten words, or pairs of numbers, so many are of each part."""
SHORTEST, LONGEST = 3, 12
"""Letters of a word."""
SMALLEST, LARGEST = 10, 99
"""A number that is added."""


@dataclass(frozen=True)
class Instruction:
    """One kind of task.

    Fields:
        name: what a prompt begins with.
        answer: the right answer, from what the task is done with.
        operands: draws what the task is done with.
    """

    name: str
    answer: Callable[[str], str]
    operands: Callable[[random.Random], str]

    def prompt(self, operands: str) -> str:
        """The task as a prompt."""
        return f"{self.name}: {operands}"


def _word(rng: random.Random) -> str:
    return "".join(pick(rng, LETTERS) for _ in range(between(rng, SHORTEST, LONGEST)))


def _sum(rng: random.Random) -> str:
    return f"{between(rng, SMALLEST, LARGEST)}+{between(rng, SMALLEST, LARGEST)}"


def _added(operands: str) -> str:
    return str(sum(map(numerals.whole, operands.split("+"))))


_ALL = (
    Instruction("repeat", lambda word: word, _word),
    Instruction("reverse", lambda word: word[::-1], _word),
    Instruction("upper case", str.upper, _word),
    Instruction("count letters", lambda word: str(len(word)), _word),
    Instruction("add", _added, _sum),
)
INSTRUCTIONS: dict[str, Instruction] = {instruction.name: instruction for instruction in _ALL}


def part_of(operands: str) -> str:
    """The part of the split that a word or a sum belongs to; 27+46 belongs where 46+27 does.

    >>> part_of("27+46") == part_of("46+27")
    True
    """
    return PARTS[crc32("+".join(sorted(operands.split("+"))).encode()) % len(PARTS)]


def write_instructions(rng: random.Random, count: int) -> list[tuple[str, str, str]]:
    """Different prompts, (prompt, answer, part): each task as often, each part as `PARTS` says.

    There are 8,100 sums. Those of a part are repeated once all of them are there.
    """
    turns = [(name, part) for part in PARTS for name in INSTRUCTIONS]
    drawn: dict[str, tuple[str, str, str]] = {}
    rows: list[tuple[str, str, str]] = []
    while len(rows) < count:
        name, part = turns[len(rows) % len(turns)]
        rows.append(_row(rng, INSTRUCTIONS[name], part, drawn))
    return rows


TRIES = 50
"""Draws after which an example is taken that is there already."""


def _row(
    rng: random.Random, instruction: Instruction, part: str, drawn: dict[str, tuple[str, str, str]]
) -> tuple[str, str, str]:
    """An example of a part, different from those drawn before unless `TRIES` draws find none."""
    tries = 0
    while True:
        operands = instruction.operands(rng)
        if part_of(operands) != part:
            continue
        tries += 1
        prompt = instruction.prompt(operands)
        if prompt not in drawn or tries > TRIES:
            return drawn.setdefault(prompt, (prompt, instruction.answer(operands), part))


def judge(prompt: str, answer: str) -> float:
    """1 if an answer to one of our prompts is right, else 0.

    >>> judge("reverse: abc", "cba"), judge("reverse: abc", "abc")
    (1.0, 0.0)
    """
    name, _, operands = prompt.partition(": ")
    return float(answer == INSTRUCTIONS[name].answer(operands))


def task_of(prompt: str) -> str:
    """The name of the task that a prompt sets."""
    return prompt.partition(": ")[0]
