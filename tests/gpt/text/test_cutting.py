"""Cuts: the text of a part of some ids stands for that part."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpt.text import cutting
from gpt.text.tokenizer import Tokenizer
from tests.gpt.text.samples import IMPORTED, TEXT, TRAINED, sample

EXACT = (*TRAINED, "byte level")


@pytest.mark.parametrize("name", EXACT)
@settings(deadline=None, max_examples=80)
@given(start=st.integers(0, 60), most=st.integers(4, 40))
def test_a_beginning_reads_back_as_the_same_ids(name: str, start: int, most: int) -> None:
    tokenizer = sample(name)
    ids = tokenizer.encode_part(TEXT)[start : start + 80]
    part = cutting.beginning(tokenizer, ids, most)
    text = tokenizer.decode(part)
    assert 0 < len(part) <= most
    assert "�" not in text
    if name != "sentencepiece-unigram":  # the likeliest pieces of a part may be others
        assert tokenizer.encode_part(text) == part


@pytest.mark.parametrize("name", [*EXACT, *IMPORTED])
@settings(deadline=None, max_examples=60)
@given(most=st.integers(4, 60))
def test_an_ending_begins_at_a_character(name: str, most: int) -> None:
    tokenizer = sample(name)
    ids = tokenizer.encode_part(TEXT)
    part = cutting.ending(tokenizer, ids, most)
    assert most - 3 <= len(part) <= most
    assert ids[-len(part) :] == part
    assert not tokenizer.decode(part).startswith("�")


@pytest.mark.parametrize("name", EXACT)
@settings(deadline=None, max_examples=80)
@given(end=st.integers(1, 80), most=st.integers(4, 40))
def test_a_latter_part_reads_back_as_the_same_ids(name: str, end: int, most: int) -> None:
    tokenizer = sample(name)
    text = tokenizer.decode(cutting.beginning(tokenizer, tokenizer.encode_part(TEXT), end))
    ids = tokenizer.encode_part(text)
    part = cutting.latter_part(tokenizer, ids, most)
    assert 0 < len(part) <= most and ids[-len(part) :] == part
    assert "�" not in tokenizer.decode(part)
    if name != "sentencepiece-unigram":  # the likeliest pieces of a part may be others
        assert tokenizer.encode_part(tokenizer.decode(part)) == part


@pytest.mark.parametrize("name", ["word pieces", "metaspace", "llama", "byte level"])
def test_a_part_for_a_field_is_without_the_frame(name: str) -> None:
    tokenizer = sample(name)
    whole, part = tokenizer.encode("the cat"), tokenizer.encode_part("the cat")
    assert cutting.unframed(tokenizer, whole) == part
    assert cutting.unframed(tokenizer, tokenizer.encode_start("the cat")) == part
    assert cutting.unframed(tokenizer, part) == part
    assert cutting.unframed(tokenizer, tokenizer.encode("")) == []
    assert cutting.beginning(tokenizer, whole, 99) == part
    assert cutting.latter_part(tokenizer, whole, 99) == part


def test_bytes_are_cut_at_a_character_by_hand() -> None:
    tokenizer, ids = sample("bytes"), [*"日本".encode()]
    assert cutting.beginning(tokenizer, ids, 5) == ids[:3]
    assert cutting.beginning(tokenizer, ids[1:], 5) == ids[3:]
    assert cutting.ending(tokenizer, ids, 5) == ids[3:]
    assert cutting.ending(tokenizer, ids, 6) == ids
    assert cutting.latter_part(tokenizer, ids, 5) == ids[3:]
    assert cutting.shortest(tokenizer, ids) == ids[:3]
    assert cutting.shortest(tokenizer, [*b"ab"]) == [*b"a"]


def test_a_sign_that_somebody_wrote_is_kept() -> None:
    tokenizer = sample("bytes")
    ids = [*"�a�".encode()]
    assert cutting.beginning(tokenizer, ids, 7) == ids
    assert cutting.ending(tokenizer, [*b"xx", *ids], 7) == ids


def test_bytes_that_are_no_text_are_cut_where_asked() -> None:
    assert cutting.beginning(sample("bytes"), [0xFF] * 9, 4) == [0xFF] * 4
    assert cutting.ending(sample("bytes"), [0xFF] * 9, 4) == [0xFF] * 4


@pytest.mark.parametrize("name", ["word pieces", "llama"])
def test_a_prompt_is_in_its_frame(name: str) -> None:
    tokenizer = sample(name)
    before, after = frame(tokenizer)
    assert prompt(tokenizer, "the cat", continued=False) == tokenizer.encode("the cat")
    assert prompt(tokenizer, "the cat", continued=True) == tokenizer.encode("the cat")[:-1]
    whole = prompt(tokenizer, "the cat sat " * 9, continued=False)
    assert (len(whole), whole[:1], whole[-1:]) == (12, before, after)
    begun = prompt(tokenizer, "the cat sat " * 9, continued=True)
    assert (len(begun), begun[:1]) == (12, before)
    assert begun[-1:] != after


def prompt(tokenizer: Tokenizer, text: str, continued: bool) -> list[int]:
    return cutting.prompt_ids(tokenizer, text, 12, continued)


def frame(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    before = tokenizer.encode_start("")
    return before, tokenizer.encode("")[len(before) :]


@pytest.mark.parametrize("name", [*TRAINED, *IMPORTED])
@pytest.mark.parametrize("text", ["", "the cat sat"])
def test_the_three_meanings_of_encode_differ_by_the_frame(name: str, text: str) -> None:
    tokenizer = sample(name)
    whole, start, part = (
        encode(text) for encode in (tokenizer.encode, tokenizer.encode_start, tokenizer.encode_part)
    )
    before, after = frame(tokenizer)
    assert start == [*before, *part]
    assert whole == [*start, *after]
    assert tokenizer.encode_part("") == []
