"""Stopping: generation ends with the end of a document, on a model whose every step is known."""

from __future__ import annotations

import itertools

import gpt
from gpt.inspect.generation import write_documents
from tests.gpt.writer import END, TOKENIZER, writer


def written(prompt: str, tokens: int, stop: int | None) -> str:
    steps = gpt.generate(writer(), TOKENIZER.encode(prompt), tokens, seed=1, stop=stop)
    return TOKENIZER.decode([step.id for step in steps])


def test_without_a_stop_it_goes_on() -> None:
    assert written("\n", 9, None) == "avi\navi\na"


def test_with_a_stop_the_stop_is_the_last_token() -> None:
    assert written("\n", 9, END) == "avi\n"
    assert written("\nav", 9, END) == "i\n"


def test_where_the_end_does_not_come_in_time_it_is_cut_off() -> None:
    assert written("\n", 2, END) == "av"
    assert written("\n", 0, END) == ""


def test_documents_are_begun_anew_until_enough_is_written() -> None:
    for tokens, count, expected in (
        (10, None, ["avi\n", "avi\n", "av"]),
        (8, None, ["avi\n", "avi\n"]),
        (99, 3, ["avi\n", "avi\n", "avi\n"]),
        (0, None, []),
    ):
        found = write_documents(writer(), [END], END, tokens, count=count)
        assert [TOKENIZER.decode(ids) for ids in itertools.islice(found, 9)] == expected
