"""Repair: what comes out can always be encoded, and stays as near to the text as it can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt.text.repair import drop_unknown, replace_unknown
from gpt.text.tokenizer import CharacterTokenizer

LETTERS = CharacterTokenizer.of("abcdefghijklmnopqrstuvwxyzABCDEFG .,-'")


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("café", "cafe"),
        ("Éa", "Ea"),
        ("ZEBRA", "zEBrA"),
        ("“so”", "'so'"),
        ("it’s", "it's"),
        ("a–b—c", "a-b-c"),
        ("wait…", "wait..."),
        ("a\nb", "a b"),
        ("ﬁne", "fine"),
        ("a🎉b", "a b"),
        ("a7b", "a b"),
    ],
)
def test_an_unknown_character_gives_way_to_its_nearest_relative(text: str, repaired: str) -> None:
    assert replace_unknown(LETTERS, text) == repaired


def test_without_a_space_nothing_is_left_of_a_stranger() -> None:
    assert replace_unknown(CharacterTokenizer.of("ab"), "a7b") == "ab"


def test_dropping_leaves_the_rest_in_order() -> None:
    assert drop_unknown(LETTERS, "c7a\nf\u0301é!") == "caf"


@given(st.text(), st.text(min_size=1))
def test_what_is_repaired_can_be_encoded(text: str, alphabet: str) -> None:
    tokenizer = CharacterTokenizer.of(alphabet)
    for repair in (drop_unknown, replace_unknown):
        repaired = repair(tokenizer, text)
        assert tokenizer.unknown(repaired) == []
        assert tokenizer.decode(tokenizer.encode(repaired)) == repaired


@given(st.text(alphabet=LETTERS.characters))
def test_what_needs_no_repair_stays(text: str) -> None:
    assert drop_unknown(LETTERS, text) == replace_unknown(LETTERS, text) == text
