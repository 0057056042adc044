"""Streams: what was printed is the text of the whole, whatever the tokens are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpt.text.streaming import ANCHORED, incomplete, streamed, texts
from gpt.text.tokenizer import Tokenizer
from tests.gpt.text.samples import IMPORTED, TEXT, TRAINED, sample

ALL = (*TRAINED, *IMPORTED)


@pytest.mark.parametrize("name", ALL)
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_ids_one_at_a_time_are_the_text_of_the_whole(name: str, data: st.DataObject) -> None:
    tokenizer = sample(name)
    ids = data.draw(st.lists(st.integers(0, tokenizer.vocab_size - 1), max_size=60))
    assert streamed(tokenizer.stream(), ids) == tokenizer.decode(ids)


@pytest.mark.parametrize("name", ALL)
def test_a_long_text_too(name: str) -> None:
    tokenizer = sample(name)
    ids = tokenizer.encode(TEXT)
    assert len(ids) > 2 * ANCHORED
    assert streamed(tokenizer.stream(), ids) == tokenizer.decode(ids)


@pytest.mark.parametrize("name", ["word pieces", "metaspace", "llama", "words with ends", "marian"])
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_what_lies_before_an_anchor_is_not_needed(name: str, data: st.DataObject) -> None:
    tokenizer = sample(name)
    id = st.integers(0, tokenizer.vocab_size - 1)
    ids = data.draw(st.lists(id, min_size=3 * ANCHORED, max_size=4 * ANCHORED))
    assert streamed(tokenizer.stream(), ids) == tokenizer.decode(ids)


def steps(tokenizer: Tokenizer, ids: list[int]) -> list[str]:
    stream = tokenizer.stream()
    return [*map(stream.add, ids), stream.rest()]


def test_bytes_are_held_until_the_character_is_whole() -> None:
    assert steps(sample("bytes"), [*"né".encode(), 0xE6]) == ["n", "", "é", "", "�"]
    assert steps(sample("bytes"), [0xE6, 0x41]) == ["", "�A", ""]


def test_blanks_and_joins_are_printed_as_the_text_has_them() -> None:
    words = sample("word pieces")
    assert steps(words, words.encode("the cats sat")) == [
        *("", "the", " cat", "s", " sat", "", ""),
    ]


def test_a_closing_token_that_is_followed_is_text() -> None:
    words = sample("word pieces")
    end = words.encode("")[-1]
    the = words.encode_part("the")
    assert steps(words, [*the, end]) == ["the", "", ""]
    assert steps(words, [*the, end, *the]) == ["the", "", " [SEP] the", ""]


def test_a_row_of_bytes_that_the_library_writes_at_once_is_held() -> None:
    """ByteFallback writes a row of bytes as text if it is valid, else every byte as a "�"."""
    llama = sample("llama")
    id_of = {piece: id for id, piece in enumerate(llama.pieces(range(llama.vocab_size)))}
    a, bytes_ = id_of["t"], [id_of["⟨0xC3⟩"], id_of["⟨0xA9⟩"]]
    assert steps(llama, [a, *bytes_, a]) == ["t", "", "", "ét", ""]
    assert steps(llama, [a, *bytes_, bytes_[0], a]) == ["t", "", "", "", "���t", ""]


@pytest.mark.parametrize("name", ALL)
def test_the_texts_of_tokens_are_the_text(name: str) -> None:
    if name == "late":  # nothing is certain before its end
        return
    tokenizer = sample(name)
    ids = tokenizer.encode_part("the cat sat")
    assert len(texts(tokenizer, ids)) == len(ids)
    assert "".join(texts(tokenizer, ids)) == tokenizer.decode(ids)


def test_each_token_has_what_the_text_grew_by() -> None:
    assert texts(sample("bytes"), [*"é!".encode(), 0xE6]) == ["", "é", "!", "⟨0xE6⟩"]
    words = sample("word pieces")
    assert texts(words, words.encode("the cats")) == ["[CLS]", " the", " cat", "s", " [SEP]"]


@pytest.mark.parametrize(
    ("data", "missing"),
    [(b"", 0), (b"a", 0), (b"\xf0\x9f\x98", 3), (b"\xf0\x9f\x98\x80", 0), (b"\xff", 0)],
)
def test_the_beginning_of_a_character_is_known(data: bytes, missing: int) -> None:
    assert incomplete(data) == missing
