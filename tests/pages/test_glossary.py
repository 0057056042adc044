"""The glossary: every word that a page marks has a meaning, and the docs have all of them."""

from __future__ import annotations

import re

import pytest

from gpt.errors import ConfigError
from pages.shared import folders, glossary
from tests.pages.opening import opened, said

OF_THE_DESIGN = ("scores", "scaled", "masked", "weights", "head_out", "contribution")
ASKED_FOR = ("nats", "entropy", "rollout", "value-weighted", "induction")


def test_the_stages_and_the_words_that_people_ask_for_are_there() -> None:
    assert {*OF_THE_DESIGN, *ASKED_FOR} <= set(glossary.meanings())


def test_a_word_in_brackets_becomes_a_link_with_its_meaning() -> None:
    meaning = glossary.meanings()["nats"]
    assert glossary.marked("2 [[nats]].") == f'2 [nats](#meaning-nats "{meaning}").'
    assert glossary.marked("[[Nats, as ever|nats]]").startswith("[Nats, as ever](#meaning-nats ")
    assert glossary.marked("[a](b) [[") == "[a](b) [["
    with pytest.raises(ConfigError, match="the glossary has no word 'nat'"):
        glossary.marked("[[nat]]")


def test_a_meaning_is_a_sentence_that_markdown_and_a_stop_leave_as_it_is() -> None:
    for word, meaning in glossary.meanings().items():
        assert meaning.endswith(".") and len(meaning) <= 120, word
        assert not set('"|[]{}<>*`\\') & set(meaning.replace("head_out", "")), word
    anchors = [glossary.anchor(word) for word in glossary.meanings()]
    assert len(set(anchors)) == len(anchors)


def test_the_page_of_the_docs_is_written_from_the_same_file() -> None:
    assert glossary.DOCUMENT.read_text(encoding="utf-8") == glossary.document()


def test_every_word_that_a_page_marks_is_there() -> None:
    files = [*(folders.ROOT / "pages").rglob("*.py"), *(folders.ROOT / "pages").rglob("*.toml")]
    texts = [path.read_text(encoding="utf-8") for path in files if path.name != "glossary.py"]
    marks = [mark for text in texts for mark in re.findall(r"\[\[[a-zA-Z][^][{}]*\]\]", text)]
    assert len(marks) > 20
    for mark in marks:
        glossary.marked(mark)


def test_a_caption_marks_its_words() -> None:
    words = said(opened("attention", view="rollout"))
    for word in ("entropy", "nats", "rollout"):
        assert f'[{word}](#meaning-{word} "{glossary.meanings()[word]}")' in words
