"""Speeches: three documents, three voices that can be told apart by counting."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from gpt.text import builtin

PERIODIC, ASKING, PLAIN = "Corvane Ashmeer", "Ysra Tolland", "Dell Hobbin"
TRIAD = re.compile(r"\w+, (the )?\w+ and (the )?\w+")


@pytest.fixture(scope="module")
def speeches() -> dict[str, str]:
    return dict(builtin.write("speeches", 7, 90_000))


def sentences(text: str) -> list[str]:
    return re.findall(r"[^.?!\n]+[.?!]", text)


def mean_words(text: str) -> float:
    return len(text.split()) / len(sentences(text))


def question_share(text: str) -> float:
    return text.count("?") / len(sentences(text))


def anaphora_share(text: str) -> float:
    """How many sentences begin with the same two words as the one before."""
    starts = [sentence.split()[:2] for sentence in sentences(text)]
    return sum(a == b for a, b in pairwise(starts)) / len(starts)


def test_there_are_three_documents_of_a_third_each(speeches: dict[str, str]) -> None:
    assert list(speeches) == [PERIODIC, ASKING, PLAIN]
    for text in speeches.values():
        assert abs(len(text) - 30_000) < 900


def test_sentences_are_long_middling_and_short(speeches: dict[str, str]) -> None:
    assert mean_words(speeches[PERIODIC]) > 30
    assert 6 < mean_words(speeches[ASKING]) < 12
    assert mean_words(speeches[PLAIN]) < 6.5
    assert mean_words(speeches[PLAIN]) < mean_words(speeches[ASKING])


def test_only_one_of_them_asks(speeches: dict[str, str]) -> None:
    assert question_share(speeches[ASKING]) > 0.3
    assert question_share(speeches[PERIODIC]) == 0
    assert question_share(speeches[PLAIN]) == 0


def test_only_one_of_them_begins_sentences_alike(speeches: dict[str, str]) -> None:
    assert anaphora_share(speeches[ASKING]) > 0.25
    assert anaphora_share(speeches[PERIODIC]) < 0.15
    assert anaphora_share(speeches[PLAIN]) < 0.15


def test_only_one_of_them_speaks_in_threes(speeches: dict[str, str]) -> None:
    triads = {name: len(TRIAD.findall(text)) for name, text in speeches.items()}
    assert triads[PERIODIC] > 0.9 * len(sentences(speeches[PERIODIC]))
    assert triads[ASKING] + triads[PLAIN] < 0.01 * triads[PERIODIC]


def test_paragraphs_are_lines_and_sentences_begin_large(speeches: dict[str, str]) -> None:
    for text in speeches.values():
        for paragraph in text.removesuffix("\n\n").split("\n\n"):
            assert "\n" not in paragraph
            assert paragraph[-1] in ".?!"
        assert all(sentence.strip()[0].isupper() for sentence in sentences(text))


def test_a_speech_keeps_to_its_subject(speeches: dict[str, str]) -> None:
    """Between one "Who among you knows the ...?" and the next, its word comes back."""
    parts = re.split(r"Who among you knows the ([\w ]+)\?", speeches[ASKING])[1:]
    pairs = list(zip(parts[::2], parts[1::2], strict=True))
    assert len(pairs) > 5
    assert all(subject in speech for subject, speech in pairs[:-1])
