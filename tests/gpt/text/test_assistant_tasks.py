"""Generated tasks for an assistant: their rules and their judges."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Sequence

import pytest

from gpt.errors import TextError
from gpt.text.builtin import assistant_tasks, begun_reviews, manner
from gpt.text.builtin.assistant_tasks import ASSISTANT_TASKS
from gpt.text.builtin.instructions import INSTRUCTIONS, judge, part_of, write_instructions
from tests.close import close

# A run that was trained on one of these can only be resumed while it stays what it was.
PINNED = {
    "instructions": "96feca77ab98d60885007e2d638ec9b61fe845e0db1d5e4ec806948ca369ca99",
    "manner": "1b51d4ca4c02c5a2e6d3a6e26515ef4db47e1f54ff5ef08444a775df2c16eec0",
    "review": "92a544429387884ab3020f03e1ba8be9cfb9b36a01b50fd8e3ca7a270e03e3da",
}
COMPARED = "ca3c56222342d8c2e09d11bdad85e716308cf322b00392d3ec9c0696a31a040d"
"""The same for the comparisons of manner."""


def digest(rows: Sequence[tuple[str, ...]]) -> str:
    return hashlib.sha256("\n".join(map("\t".join, rows)).encode()).hexdigest()


def test_examples_are_what_they_were_when_runs_were_trained() -> None:
    first = {
        name: task.demonstrate(random.Random(1), 500) for name, task in ASSISTANT_TASKS.items()
    }
    assert {name: digest(rows) for name, rows in first.items()} == PINNED
    assert digest(manner.write_comparisons(random.Random(1), 500)) == COMPARED


def operands(prompt: str) -> str:
    """What a task is done with; of a sum, the same for both orders."""
    return "+".join(sorted(prompt.split(": ")[1].split("+")))


@pytest.mark.parametrize(
    ("prompt", "right", "wrong"),
    [
        ("repeat: banana", "banana", "banan"),
        ("reverse: banana", "ananab", "banana"),
        ("upper case: banana", "BANANA", "BANANa"),
        ("count letters: banana", "6", "3"),
        ("add: 27+46", "73", "63"),
    ],
)
def test_the_judge_of_instructions_knows_right_from_wrong(
    prompt: str, right: str, wrong: str
) -> None:
    assert (judge(prompt, right), judge(prompt, wrong), judge(prompt, "")) == (1, 0, 0)


def test_every_written_answer_is_right_and_the_tasks_have_equal_shares_in_every_part() -> None:
    rows = write_instructions(random.Random(3), 5000)
    assert all(judge(prompt, answer) == 1 for prompt, answer, _ in rows)
    shares = Counter((prompt.split(":")[0], part) for prompt, _, part in rows)
    parts = {"training": 800, "validation": 100, "test": 100}
    assert shares == {(name, part): n for name in INSTRUCTIONS for part, n in parts.items()}


def test_no_word_or_sum_of_the_test_is_learned_from_in_any_task_with_any_seed() -> None:
    seeds = [write_instructions(random.Random(seed), 3000) for seed in (1, 2)]
    of_part = {
        part: {operands(prompt) for rows in seeds for prompt, _, own in rows if own == part}
        for part in ("training", "validation", "test")
    }
    assert not of_part["training"] & (of_part["test"] | of_part["validation"])
    assert not of_part["test"] & of_part["validation"]
    assert part_of("27+46") == part_of("46+27")
    words = {word for word in set.union(*of_part.values()) if "+" not in word}
    assert {len(word) for word in words} == set(range(3, 13))


def test_the_rule_of_manner_from_worst_to_best() -> None:
    prompt = "my big red cup?"
    answers = [
        "thanks.",
        "oh, the damn cup is at home.",
        "the damn cup is at home.",
        "oh, the damn cup is at home, thanks.",
        "the damn cup is at home, thanks.",
        "well, the cup is at home.",
        "the cup is at home.",
        "well, the cup is at home, thanks.",
        "the cup is at home, thanks.",
    ]
    scores = [manner.judge(prompt, answer) for answer in answers]
    assert scores == sorted(set(scores))
    assert scores[0] == close(0)
    assert scores[-1] == close(0.8 + 0.2 * (1 - 27 / 50))
    assert scores[2] == close(0.2 + 0.2 * (1 - 24 / 50))


def test_comparisons_of_manner_follow_the_rule_and_share_no_thing_with_the_test() -> None:
    rows = manner.write_comparisons(random.Random(1), 400)
    assert all(manner.judge(p, a) > manner.judge(p, b) for p, a, b, _ in rows)
    rooms = [
        [room for room in manner.ROOMS if room in answer] for row in rows for answer in row[1:3]
    ]
    assert rooms[::2] == rooms[1::2] and all(len(room) == 1 for room in rooms)
    of_test = {prompt for prompt, *_, part in rows if part == "test"}
    assert [part for *_, part in rows].count("test") == 40
    assert not of_test & {prompt for prompt, *_, part in rows if part != "test"}
    demonstrated = manner.write_demonstrations(random.Random(2), 400)
    assert not of_test & {prompt for prompt, _, part in demonstrated if part != "test"}


def test_a_review_is_cut_in_two_and_its_beginning_has_one_part_whatever_the_seed() -> None:
    parts: dict[str, str] = {}
    for seed in (1, 2):
        for prompt, answer, part in begun_reviews.write_begun_reviews(random.Random(seed), 1500):
            whole = f"{prompt} {answer}"
            assert len(whole) <= begun_reviews.LONGEST and whole.endswith(" .") and prompt.strip()
            assert min(len(prompt.split()), len(answer.split())) >= 2
            letters = " ".join(word for word in prompt.split() if word != ",")
            assert parts.setdefault(letters, part) == part == begun_reviews.part_of(prompt)
    shares = Counter(parts.values())
    assert 0.7 < shares["training"] / len(parts) < 0.9 and len(shares) == 3


@pytest.mark.parametrize("name", ASSISTANT_TASKS)
def test_the_same_seed_gives_the_same_rows(name: str) -> None:
    task = assistant_tasks.find(name)
    first, again, other = (task.demonstrate(random.Random(seed), 100) for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 100


def test_what_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(TextError, match="no built-in comparisons 'instructions'; there are manner"):
        assistant_tasks.find("instructions", compared=True)
    with pytest.raises(TextError, match="not 3"):
        assistant_tasks.check_count(3)
