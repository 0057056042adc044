"""Prompts and answers out of a person's own JSONL, in the layouts that are common.

Demonstrations, one a line:
    {"prompt": …, "answer": …}                        or completion, response, output
    {"question": …, "answer": …}
    {"instruction": …, "input": …, "output": …}       the input may be missing or empty
    {"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}]}

Comparisons, one a line:
    {"prompt": …, "chosen": …, "rejected": …}
    {"chosen": "Human: … Assistant: …", "rejected": …}    the prompt is what both begin with
    {"prompt": …, "chosen": …, "rejected": …, "tie": true}    neither is better

Wherever a text stands, there may be a list of messages in its place. A line break inside a text
becomes a blank, because a line break is what ends an answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gpt.errors import TextError
from gpt.text import corpus as corpora
from gpt.text.example_files import check_writable, decoded, json_line, lines_have, one_line
from gpt.text.prompted import Comparisons, Demonstrations, contradictions

QUESTIONS = ("prompt", "question", "instruction")
ANSWERS = ("answer", "completion", "response", "output")
SPEAKER = "Assistant:"
"""What an answer follows in a dialogue that is one text."""

DEMONSTRATION = (
    '{"prompt": …, "answer": …}, {"instruction": …, "output": …} or {"messages": [a question of '
    "the user, the assistant's answer]}"
)
COMPARISON = '{"prompt": …, "chosen": …, "rejected": …}'


class _Unreadable(Exception):
    """What is wrong with a line."""


def demonstrations(paths: Sequence[str | Path]) -> Demonstrations:
    """Read prompts and answers from files; see `demonstrations_of`.

    Raises:
        TextError: as `demonstrations_of`, or a file that is missing.
    """
    return demonstrations_of(corpora.contents(paths))


def demonstrations_of(files: Sequence[tuple[str, bytes]]) -> Demonstrations:
    """Uploaded JSONL files, (name, content) each, as demonstrations.

    Raises:
        TextError: a file that cannot be read, or a line in another layout, named by its number.
    """
    name, rows, notes = _rows(files, Demonstrations.COLUMNS)
    return Demonstrations(name, rows, notes=notes)


def comparisons(paths: Sequence[str | Path]) -> Comparisons:
    """Read comparisons from files; see `comparisons_of`.

    Raises:
        TextError: as `comparisons_of`, or a file that is missing.
    """
    return comparisons_of(corpora.contents(paths))


def comparisons_of(files: Sequence[tuple[str, bytes]]) -> Comparisons:
    """Uploaded JSONL files, (name, content) each, as comparisons.

    A tie, two answers that are the same or of which neither is better, says nothing and is left
    out; how many there are is said, and so is how many comparisons contradict each other.

    Raises:
        TextError: a file that cannot be read, a line in another layout, or nothing but ties.
    """
    name, rows, notes = _rows(files, Comparisons.COLUMNS)
    decided = tuple(row for row in rows if row[1] != row[2])
    if not decided:
        raise TextError(
            f"all {len(rows):,} comparisons of {name} are ties: the answers are the same, or "
            "neither is better. There is nothing to prefer; give pairs of which one is better"
        )
    compared = Comparisons(name, decided)
    notes = (*notes, *_counts(len(rows) - len(decided), decided), *compared.how_split)
    return replace(compared, notes=notes)


def _counts(ties: int, rows: Sequence[tuple[str, ...]]) -> list[str]:
    said = []
    if ties:
        said.append(f"Ties, which were left out: {ties:,}.")
    if both := contradictions(rows):
        said.append(
            f"Pairs of answers that are preferred both ways: {both:,}. All were kept; no model can "
            "agree with both."
        )
    return said


def _rows(
    files: Sequence[tuple[str, bytes]], columns: tuple[str, ...]
) -> tuple[str, tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """The name of some files, their rows and the notes on how they were read."""
    parts, notes = decoded(files)
    rows = [row for name, text in parts for row in _lines(name, text, columns)]
    name = corpora.joint_name([name for name, _ in files])
    check_writable(name, rows)
    broken = sum("\n" in text.strip() for row in rows for text in row)
    if broken:
        notes = (*notes, f"Texts with line breaks inside, which were read as blanks: {broken:,}.")
    return name, tuple(tuple(map(one_line, row)) for row in rows), notes


def _lines(name: str, text: str, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The rows of one file.

    Raises:
        TextError: lines in another layout; the message says which, and what is wrong with the
            first of them.
    """
    rows, wrong, reason = [], [], ""
    read = _comparison if "chosen" in columns else _demonstration
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = read(_object(line))
            if "" in map(str.strip, row):
                raise _Unreadable(f"{columns[[*map(str.strip, row)].index('')]} is empty")
            rows.append(row)
        except _Unreadable as error:
            reason = reason or str(error)
            wrong.append(number)
    if wrong:
        layout = COMPARISON if "chosen" in columns else DEMONSTRATION
        raise TextError(
            f"{name}: {lines_have(wrong)} another layout ({reason}); each line is an object like "
            f"{layout}"
        )
    return rows


def _object(line: str) -> dict[str, Any]:
    try:
        value = json_line(line)
    except ValueError:
        raise _Unreadable("it is not JSON") from None
    if not isinstance(value, dict):
        raise _Unreadable("it is no object")
    return value


def _demonstration(value: dict[str, Any]) -> tuple[str, ...]:
    if "messages" in value:
        messages = _messages(value["messages"])
        if messages[-1][0] != "assistant" or len(messages) < 2:
            raise _Unreadable("the last message is not the assistant's answer to another")
        return _joined(messages[:-1]), messages[-1][1]
    question, answer = _key(value, QUESTIONS), _key(value, ANSWERS)
    prompt = _text(value[question])
    given = value.get("input") if question == "instruction" else None
    return f"{prompt} {_text(given)}" if given else prompt, _text(value[answer])


def _comparison(value: dict[str, Any]) -> tuple[str, ...]:
    prompt, chosen, rejected = _pair(value)
    tie = value.get("tie", False)
    if not isinstance(tie, bool):
        raise _Unreadable("tie is neither true nor false")
    return prompt, chosen, chosen if tie else rejected


def _pair(value: dict[str, Any]) -> tuple[str, ...]:
    chosen, rejected = value[_key(value, ("chosen",))], value[_key(value, ("rejected",))]
    if any(key in value for key in QUESTIONS):
        prompt = _text(value[_key(value, QUESTIONS)])
        return prompt, _last(chosen), _last(rejected)
    if isinstance(chosen, list) and isinstance(rejected, list):
        before = [_joined(_messages(side)[:-1]) for side in (chosen, rejected)]
        if before[0] != before[1] or not before[0]:
            raise _Unreadable("chosen and rejected do not answer the same prompt")
        return before[0], _last(chosen), _last(rejected)
    return _of_dialogues(_text(chosen), _text(rejected))


def _of_dialogues(chosen: str, rejected: str) -> tuple[str, ...]:
    """The prompt that two dialogues share, and how each of them ends."""
    prompt, speaker, preferred = chosen.rpartition(SPEAKER)
    same, _, other = rejected.rpartition(SPEAKER)
    if not speaker or prompt != same:
        raise _Unreadable("there is no prompt")
    return prompt.strip().removeprefix("Human:").strip(), preferred.strip(), other.strip()


def _key(value: dict[str, Any], names: Sequence[str]) -> str:
    known = [name for name in names if name in value]
    if not known:
        raise _Unreadable(f"there is no {' or '.join(names)}")
    return known[0]


def _text(value: object) -> str:
    if isinstance(value, list):
        return _joined(_messages(value))
    if not isinstance(value, str):
        raise _Unreadable(f"{json.dumps(value)[:40]} stands where a text belongs")
    return value


def _last(value: object) -> str:
    """An answer: a text, or the last of some messages."""
    return _messages(value)[-1][1] if isinstance(value, list) else _text(value)


def _messages(value: object) -> list[tuple[str, str]]:
    """The (role, content) of each message."""
    if not isinstance(value, list) or not value:
        raise _Unreadable("there is no message")
    if not all(isinstance(m, dict) and isinstance(m.get("content"), str) for m in value):
        raise _Unreadable('a message is no object with "role" and "content"')
    return [(str(m.get("role")), m["content"]) for m in value]


def _joined(messages: Sequence[tuple[str, str]]) -> str:
    return "\n".join(content for _, content in messages)
