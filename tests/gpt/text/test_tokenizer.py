"""The character tokenizer: there and back, and the lecture's own numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpt.errors import TokenizerError, UnknownCharacterError
from gpt.text.batches import split
from gpt.text.tokenizer import CharacterTokenizer, from_json
from tests.gpt.shakespeare import needs_shakespeare, shakespeare


@given(st.text(min_size=1))
def test_decode_undoes_encode(text: str) -> None:
    tokenizer = CharacterTokenizer.of(text)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.pieces(ids) == list(text)
    assert len(ids) == len(text)
    assert set(ids) == set(range(tokenizer.vocab_size))


@given(st.text(min_size=1))
def test_a_round_trip_through_json_changes_nothing(text: str) -> None:
    before = CharacterTokenizer.of(text)
    after = from_json(json.loads(json.dumps(before.to_json())))
    assert after.encode(text) == before.encode(text)
    assert after.to_json() == before.to_json()


def test_ids_follow_the_order_of_the_characters() -> None:
    tokenizer = CharacterTokenizer.of("cab\nA é")
    assert tokenizer.characters == ("\n", " ", "A", "a", "b", "c", "é")
    assert tokenizer.encode("Abé\n") == [2, 4, 6, 0]


@pytest.mark.parametrize(
    ("text", "position", "named"),
    [
        ("héllo", 1, "'é' (U+00E9 LATIN SMALL LETTER E WITH ACUTE)"),
        ("hell\x07o", 4, "(U+0007 unnamed character)"),
        ("🎉hello", 0, "'🎉' (U+1F389 PARTY POPPER)"),
        ("helo zx", 5, "'z' (U+007A LATIN SMALL LETTER Z)"),
    ],
)
def test_the_first_unknown_character_is_named_with_its_position(
    text: str, position: int, named: str
) -> None:
    tokenizer = CharacterTokenizer.of("hello ")
    with pytest.raises(UnknownCharacterError) as caught:
        tokenizer.encode(text)
    assert str(caught.value).startswith(f"{named} at position {position} is not among the 5 ")
    assert caught.value.position == position
    assert caught.value.character == text[position]


def test_unknown_lists_every_one() -> None:
    tokenizer = CharacterTokenizer.of("abc")
    assert tokenizer.unknown("xaybz") == [(0, "x"), (2, "y"), (4, "z")]
    assert tokenizer.unknown("cab") == []


@pytest.mark.parametrize("ids", [[3], [-1], [0, 1, 99]])
def test_an_id_outside_the_vocabulary_is_refused(ids: list[int]) -> None:
    with pytest.raises(TokenizerError, match=rf"token id {ids[-1]} is outside 0 to 2"):
        CharacterTokenizer.of("abc").decode(ids)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"type": "bpe", "merges": []},
        {"type": "characters"},
        {"type": "characters", "characters": "abc"},
        {"type": "characters", "characters": []},
        {"type": "characters", "characters": ["a", "bc"]},
        {"type": "characters", "characters": ["a", ""]},
        {"type": "characters", "characters": ["a", 5]},
        {"type": "characters", "characters": ["a", ["b"]]},
        {"type": "characters", "characters": ["a", "b", "a"]},
        {"type": ["characters"]},
    ],
)
def test_json_of_another_kind_is_refused(value: Any) -> None:
    with pytest.raises(TokenizerError):
        from_json(value)


def test_characters_that_are_no_list_are_named() -> None:
    with pytest.raises(TokenizerError, match="characters in a tokenizer's JSON is no list"):
        from_json({"type": "characters", "characters": {"a": 1}})


def test_an_empty_text_has_no_vocabulary() -> None:
    with pytest.raises(TokenizerError):
        CharacterTokenizer.of("")


@needs_shakespeare
def test_the_lectures_ids_come_out() -> None:
    """Lecture, 9:28: 65 characters, and "hii there"."""
    tokenizer = CharacterTokenizer.of(shakespeare())
    assert tokenizer.vocab_size == 65
    assert tokenizer.encode("hii there") == [46, 47, 47, 1, 58, 46, 43, 56, 43]
    assert tokenizer.decode([46, 47, 47, 1, 58, 46, 43, 56, 43]) == "hii there"


@needs_shakespeare
def test_the_lectures_split_comes_out() -> None:
    """Lecture, 14:27: the first 90 % of 1,115,394 characters to learn from."""
    text = shakespeare()
    ids = torch.tensor(CharacterTokenizer.of(text).encode(text))
    train, validation = split(ids)
    assert (len(train), len(validation)) == (1_003_854, 111_540)
    assert train[:9].tolist() == [18, 47, 56, 57, 58, 1, 15, 47, 58]  # "First Cit", at 14:27
    assert torch.equal(torch.cat((train, validation)), ids)
