"""Kinds of tokens: one word for each, whatever the alphabet."""

from __future__ import annotations

import pytest

from gpt.inspect.tokens.kinds import (
    BROKEN,
    CHARACTER_KINDS,
    PIECE_KINDS,
    character_kind,
    kinds,
    piece_kind,
)


@pytest.mark.parametrize(
    ("characters", "kind"),
    [
        ("aeiouéü", "vowel"),
        ("bcdyzñß", "consonant"),
        ("AZÉ", "capital"),
        ("059²", "digit"),
        (".,;:!?'$&-+<", "punctuation"),
        (" \n\t\u00a0", "space or break"),
        ("漢ا\u0301\ufffd\x00", "other"),
    ],
)
def test_characters(characters: str, kind: str) -> None:
    assert {character_kind(c) for c in characters} == {kind}


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ([" the", " a"], "starts with a space"),
        (["ing", "x", "'s", "漢"], "word piece"),
        (["The", " The", "A"], "capitalised"),
        (["1984", " 7"], "number"),
        (["...", " ,", "--"], "punctuation"),
        ([" ", "\n\n", "   "], "space or break"),
        ([BROKEN, f" {BROKEN}", "", "7."], "other"),
    ],
)
def test_pieces(pieces: list[str], kind: str) -> None:
    assert {piece_kind(p) for p in pieces} == {kind}


def test_a_vocabulary_is_sorted_one_way_or_the_other() -> None:
    assert kinds(["a", "B", " "]) == (["vowel", "capital", "space or break"], CHARACTER_KINDS)
    found, known = kinds(["a", "B", " the"])
    assert found == ["word piece", "capitalised", "starts with a space"]
    assert known == PIECE_KINDS
    assert set(found) <= set(known)
