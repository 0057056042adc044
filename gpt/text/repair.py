"""Repairs a text for a vocabulary that lacks some of its characters."""

from __future__ import annotations

import unicodedata

from gpt.text.tokenizer import Tokenizer


def drop_unknown(tokenizer: Tokenizer, text: str) -> str:
    """The text without the characters that the vocabulary lacks."""
    unknown = {position for position, _ in tokenizer.unknown(text)}
    return "".join(character for i, character in enumerate(text) if i not in unknown)


def replace_unknown(tokenizer: Tokenizer, text: str) -> str:
    """The text with each unknown character replaced by its nearest relative.

    That is the plain letter of an accented one, a straight quote for a curly one, or the other
    case. Without a relative it is a space, or nothing if the vocabulary has no space.
    """
    unknown = {character for _, character in tokenizer.unknown(text)}
    table = {character: _nearest(tokenizer, character) for character in unknown}
    return "".join(table.get(character, character) for character in text)


ALIKE = {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", '"': "'"}


def _nearest(tokenizer: Tokenizer, character: str) -> str:
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)
    )
    alike = ALIKE.get(character, plain)
    for candidate in (alike, ALIKE.get(alike, ""), plain.lower(), plain.upper(), " "):
        if candidate and not tokenizer.unknown(candidate):
            return candidate
    return ""
