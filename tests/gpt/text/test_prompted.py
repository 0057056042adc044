"""Prompts with answers: a person's own JSONL, splits without leaks, what a run keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gpt.errors import CheckpointError, TextError
from gpt.text.answer_layouts import comparisons_of, demonstrations, demonstrations_of
from gpt.text.prompted import Comparisons, Demonstrations


def lines(*objects: Any) -> list[tuple[str, bytes]]:
    return [("own.jsonl", "\n".join(map(json.dumps, objects)).encode())]


def said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


@pytest.mark.parametrize(
    ("layout", "row"),
    [
        ({"prompt": "a", "answer": "b"}, ("a", "b")),
        ({"prompt": "a", "completion": "b"}, ("a", "b")),
        ({"question": "a", "answer": "b"}, ("a", "b")),
        ({"instruction": "a", "input": "", "output": "b"}, ("a", "b")),
        ({"instruction": "a", "input": "of x", "output": "b"}, ("a of x", "b")),
        ({"messages": [said("user", "a"), said("assistant", "b")]}, ("a", "b")),
        ({"prompt": [said("user", "a")], "completion": [said("assistant", "b")]}, ("a", "b")),
        ({"prompt": " a\nc ", "answer": "b"}, ("a c", "b")),
    ],
)
def test_the_common_layouts_of_demonstrations_are_read(layout: Any, row: tuple[str, str]) -> None:
    assert demonstrations_of(lines(layout)).rows == (row,)


ASKED = [said("user", "a")]


@pytest.mark.parametrize(
    "layout",
    [
        {"prompt": "a", "chosen": "b", "rejected": "c"},
        {"prompt": ASKED, "chosen": [said("assistant", "b")], "rejected": "c"},
        {
            "chosen": [*ASKED, said("assistant", "b")],
            "rejected": [*ASKED, said("assistant", "c")],
        },
        {
            "chosen": "\n\nHuman: a\n\nAssistant: b",
            "rejected": "\n\nHuman: a\n\nAssistant: c",
        },
    ],
)
def test_the_common_layouts_of_comparisons_are_read(layout: Any) -> None:
    assert comparisons_of(lines(layout)).rows == (("a", "b", "c"),)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"prompt": "a", "label": "b"}, "there is no answer or completion or response or output"),
        ({"prompt": "a", "answer": 3}, "3 stands where a text belongs"),
        ({"prompt": "a", "answer": " "}, "answer is empty"),
        ({"messages": [said("user", "a")]}, "the last message is not the assistant's"),
        ([1], "it is no object"),
    ],
)
def test_another_layout_is_refused_with_its_line(wrong: Any, reason: str) -> None:
    with pytest.raises(TextError, match=r"own.jsonl: line 2 has another layout") as error:
        demonstrations_of(lines({"prompt": "a", "answer": "b"}, wrong))
    assert reason in str(error.value)


def test_other_comparisons_are_refused_with_their_lines() -> None:
    unlike = {"chosen": [*ASKED, said("assistant", "b")], "rejected": [said("user", "x")] * 2}
    with pytest.raises(TextError, match=r"lines 1 and 2 have another layout \(there is no prompt"):
        comparisons_of(lines({"chosen": "b", "rejected": "c"}, unlike))
    with pytest.raises(TextError, match="there is no chosen"):
        comparisons_of(lines({"prompt": "a", "answer": "b"}))


def test_ties_are_left_out_and_said_and_nothing_but_ties_is_refused() -> None:
    tie = {"prompt": "a", "chosen": "b", "rejected": "b"}
    read = comparisons_of(lines(tie, {"prompt": "a", "chosen": "b", "rejected": "c"}))
    assert read.rows == (("a", "b", "c"),)
    assert read.notes == ("Ties, which were left out: 1.",)
    with pytest.raises(TextError, match="all 2 comparisons of own are ties"):
        comparisons_of(lines(tie, tie))


def test_contradictions_are_counted_and_said() -> None:
    rows = [("a", "b", "c"), ("a", "c", "b"), ("a", "c", "b"), ("x", "c", "b")]
    objects = (dict(zip(Comparisons.COLUMNS, row, strict=True)) for row in rows)
    read = comparisons_of(lines(*objects))
    assert (len(read), read.contradictions) == (4, 1)
    assert read.notes[0].startswith("Pairs of answers that are preferred both ways: 1.")


def test_no_prompt_is_in_two_parts() -> None:
    rows = tuple((f"prompt {n % 30}", f"answer {n % 3}") for n in range(120))
    own = Demonstrations("own", rows)
    parts = own.split()
    prompts = [
        {own.prompts[i] for i in part} for part in (parts.training, parts.validation, parts.test)
    ]
    assert [len(part) for part in prompts] == [24, 3, 3]
    assert not prompts[0] & prompts[1] | prompts[0] & prompts[2] | prompts[1] & prompts[2]


def test_given_parts_stay() -> None:
    built = Demonstrations.from_builtin("instructions", count=200)
    parts = built.split()
    assert [len(part) for part in (parts.training, parts.validation, parts.test)] == [160, 20, 20]
    assert {built.parts[i] for i in parts.test} == {"test"}
    assert built.take(parts.test).judge("reverse: ab", "ba") == 1


@pytest.mark.parametrize(
    "data",
    [
        Demonstrations("own", (("a\t“q”", "b"), ("c", "\u2028d")), notes=("a note",)),
        Comparisons("own", (("a", "b", "c"),)),
        Comparisons("own", (("a", "b", "c"),), labelled_by="sentiment"),
        Demonstrations.from_builtin("manner", seed=3, count=100),
        Comparisons.from_builtin("manner", seed=3, count=100),
    ],
    ids=["own", "own pairs", "labelled pairs", "built-in", "built-in pairs"],
)
def test_a_run_reads_what_it_keeps_exactly_as_it_was(
    tmp_path: Path, data: Demonstrations | Comparisons
) -> None:
    for name, content in data.files().items():
        (tmp_path / name).write_bytes(content)
    assert type(data).from_stored(data.describe(), tmp_path) == data


def test_a_damaged_or_missing_file_is_said(tmp_path: Path) -> None:
    own = Demonstrations("own", (("a", "b"),))
    with pytest.raises(CheckpointError):
        Demonstrations.from_stored(own.describe(), tmp_path)
    (tmp_path / "demonstrations.jsonl").write_text('{"prompt": "a"}\n')
    with pytest.raises(CheckpointError, match="does not hold the answers"):
        Demonstrations.from_stored(own.describe(), tmp_path)
    with pytest.raises(TextError, match="there is no file"):
        demonstrations([tmp_path / "none.jsonl"])


def test_the_judge_of_ones_own_answers_is_the_answers() -> None:
    judge = Demonstrations("own", (("a", "b"), ("a", "c"))).judge
    assert [judge("a", answer) for answer in "bcd"] == [1, 1, 0]
