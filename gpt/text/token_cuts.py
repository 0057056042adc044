"""How a tokenizer cuts a text: the characters of each token, and the number of tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gpt.text.tokenizer import Tokenizer

BYTE = re.compile("⟨0x([0-9A-F]{2})⟩")
"""How `pieces` writes a byte that is no character by itself."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A text as one tokenizer cuts it.

    Fields:
        vocab_size: V.
        ids: (T,)
        pieces: T texts, one for each token.
        spans: (T, 2), the first character of each token and the one after its last; a part of a
            character has the span of that character. None if the tokens do not spell the text,
            because the tokenizer changes or adds something.
        characters: of the text.
    """

    vocab_size: int
    ids: np.ndarray
    pieces: tuple[str, ...]
    spans: np.ndarray | None
    characters: int

    @property
    def characters_a_token(self) -> float:
        """Mean number of characters in a token; nan without tokens."""
        return self.characters / len(self.ids) if len(self.ids) else float("nan")


def cut(tokenizer: Tokenizer, text: str) -> Cut:
    """A text as a tokenizer cuts it.

    Raises:
        UnknownCharacterError: the vocabulary cannot write the text.
    """
    ids = tokenizer.encode_part(text)
    pieces = tuple(tokenizer.pieces(ids))
    numbers = np.array(ids, dtype=np.int64)
    return Cut(tokenizer.vocab_size, numbers, pieces, spans(text, pieces), len(text))


def trade(tokenizer: Tokenizer, text: str) -> tuple[int, float]:
    """V, and the tokens that 1,000 characters of a corpus take; counted over its last tenth.

    Raises:
        UnknownCharacterError: the vocabulary cannot write the text.
    """
    last = text[int(0.9 * len(text)) :]
    return tokenizer.vocab_size, 1000 * len(tokenizer.encode_part(last)) / len(last)


def spans(text: str, pieces: Sequence[str]) -> np.ndarray | None:
    """The characters of a text that each token holds, (T, 2); None if they do not spell it.

    >>> spans("né", ["n", "⟨0xC3⟩", "⟨0xA9⟩"]).tolist()
    [[0, 1], [1, 2], [1, 2]]
    """
    ends = _ends(text.encode(), pieces)
    if ends is None:
        return None
    starts = np.array([0, *ends[:-1]], dtype=np.int64)[: len(ends)]
    character = _character_of_bytes(text)
    last = np.maximum(np.array(ends, dtype=np.int64) - 1, starts)
    return np.stack([character[starts], character[last] + 1], axis=1)


def _ends(data: bytes, pieces: Sequence[str]) -> list[int] | None:
    """The byte after each piece.

    "⟨0xC3⟩" may be a byte, or these six characters; so every way to spell the text is followed.
    """
    came_from: list[dict[int, int]] = []
    here = {0: 0}
    for piece in pieces:
        here = {
            at + len(reading): at
            for at in here
            for reading in _spellings(piece)
            if data.startswith(reading, at)
        }
        came_from.append(here)
    if len(data) not in here:
        return None
    return list(reversed([*_back(came_from, len(data))]))


def _back(came_from: list[dict[int, int]], end: int) -> Iterator[int]:
    for here in reversed(came_from):
        yield end
        end = here[end]


def _spellings(piece: str) -> set[bytes]:
    """The bytes that a piece may stand for: its own, or those whose numbers it writes."""
    as_bytes = b"".join(
        bytes([int(part, 16)]) if n % 2 else part.encode()  # every second part is a number
        for n, part in enumerate(BYTE.split(piece))
    )
    return {piece.encode(), as_bytes}


def _character_of_bytes(text: str) -> np.ndarray:
    """For each byte of a text's UTF-8, which character it belongs to; one more for the end."""
    data = np.frombuffer(text.encode() + b".", dtype=np.uint8)
    return np.cumsum((data & 0xC0) != 0x80) - 1
