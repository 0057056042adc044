"""Kinds of tokens: what a person would sort a vocabulary into."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

OTHER = "other"
CHARACTER_KINDS = ("vowel", "consonant", "capital", "digit", "punctuation", "space or break", OTHER)
PIECE_KINDS = (
    "starts with a space",
    "word piece",
    "capitalised",
    "number",
    "punctuation",
    "space or break",
    OTHER,
)
BROKEN = "\ufffd"
"""What a token decodes to that is only a part of a character's bytes."""


def kinds(pieces: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """The kind of every token of a vocabulary, and all kinds that there are.

    A vocabulary of single characters is sorted by `character_kind`, any other by `piece_kind`.
    """
    characters = all(len(piece) == 1 for piece in pieces)
    kinds_of_tokens = [character_kind(p) if characters else piece_kind(p) for p in pieces]
    return kinds_of_tokens, CHARACTER_KINDS if characters else PIECE_KINDS


def character_kind(character: str) -> str:
    """The kind of one character; y counts as a consonant, a letter with an accent as its own.

    >>> [character_kind(c) for c in "eyÉ7;\\n"]
    ['vowel', 'consonant', 'capital', 'digit', 'punctuation', 'space or break']
    """
    category = unicodedata.category(character)
    if character.isspace():
        return "space or break"
    if category in ("Lu", "Lt"):
        return "capital"
    if category == "Ll":
        plain = unicodedata.normalize("NFKD", character)[0]
        return "vowel" if plain in "aeiou" else "consonant"
    if category.startswith("N"):
        return "digit"
    is_sign = category[0] in "PS" and character != BROKEN
    return "punctuation" if is_sign else OTHER


def piece_kind(piece: str) -> str:
    """The kind of a token of several characters, the first that fits.

    >>> [piece_kind(p) for p in (" the", "ing", "The", " The", "1984", "...", " \\n")]
    ... # doctest: +NORMALIZE_WHITESPACE
    ['starts with a space', 'word piece', 'capitalised', 'capitalised', 'number', 'punctuation',
     'space or break']
    """
    core = piece.strip()
    if not core:
        return "space or break" if piece else OTHER
    if BROKEN in core:
        return OTHER
    if core[0].isupper():
        return "capitalised"
    if any(c.isalpha() for c in core):
        return "starts with a space" if piece[0].isspace() else "word piece"
    is_number = all(character_kind(c) == "digit" for c in core)
    if is_number:
        return "number"
    return "punctuation" if all(character_kind(c) == "punctuation" for c in core) else OTHER
