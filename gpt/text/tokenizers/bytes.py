"""Bytes: 256 tokens that can write any text, each character as 1 to 4 of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gpt.checks import known_ids
from gpt.errors import UnknownCharacterError
from gpt.text.streaming import ByteStream, TextStream
from gpt.text.tokenizer import Frameless
from gpt.text.utf8 import readable


class ByteTokenizer(Frameless):
    """One token a byte of UTF-8; a token's id is the byte.

    >>> tokenizer = ByteTokenizer()
    >>> tokenizer.encode("é!")
    [195, 169, 33]
    >>> tokenizer.pieces([195, 33])
    ['⟨0xC3⟩', '!']
    """

    vocab_size = 256
    in_pieces = True

    def encode(self, text: str) -> list[int]:
        """Text to ids.

        Raises:
            UnknownCharacterError: half of a surrogate pair, which is no text.
        """
        if refused := self.unknown(text):
            raise UnknownCharacterError(refused[0][1], refused[0][0], self.vocab_size)
        return list(text.encode())

    def decode(self, ids: Iterable[int]) -> str:
        """Ids to text; bytes that make no whole character become "�".

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        return _bytes(ids).decode("utf-8", errors="replace")

    def stream(self, framed: bool = True) -> TextStream:
        """Ids to text, one id at a time; the bytes of a character are held until its last."""
        return ByteStream(lambda id: _bytes([id]))

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """The text of each id by itself, a part of a character as ⟨0xE2⟩.

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        return [readable(bytes([byte])) for byte in _bytes(ids)]

    def unknown(self, text: str) -> list[tuple[int, str]]:
        """(position, character) of every half of a surrogate pair."""
        return lone_surrogates(text)

    def to_json(self) -> dict[str, Any]:
        """Everything needed to encode and decode, as plain JSON types."""
        return {"type": "bytes"}


def lone_surrogates(text: str) -> list[tuple[int, str]]:
    """(position, character) of half surrogate pairs, which UTF-8 cannot write."""
    return [(i, c) for i, c in enumerate(text) if "\ud800" <= c <= "\udfff"]


def _bytes(ids: Iterable[int]) -> bytes:
    return bytes(known_ids(ids, 256))
