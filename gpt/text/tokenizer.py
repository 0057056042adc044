"""Tokenizers: text to token ids and back, and to JSON and back.

`Tokenizer` is the small interface; `CharacterTokenizer` is the lecture's: one token a character.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from gpt.checks import known_ids
from gpt.errors import TokenizerError, UnknownCharacterError, describe_character
from gpt.importing import alone
from gpt.text.streaming import PieceStream, TextStream


class Tokenizer(Protocol):
    """What the rest of the project asks of a tokenizer."""

    @property
    def vocab_size(self) -> int:
        """Number of distinct tokens (V)."""

    @property
    def in_pieces(self) -> bool:
        """Whether the tokens of pieces, as `large_text.at_line_ends` cuts a text, are its own."""

    def encode(self, text: str) -> list[int]:
        """A whole text to ids, in the tokenizer's frame, such as "[CLS]" and "[SEP]"."""

    def encode_start(self, text: str) -> list[int]:
        """The beginning of a text to be continued: what opens the frame, and nothing closes it."""

    def encode_part(self, text: str) -> list[int]:
        """A part of a text, without a frame: a corpus, a word, a continuation; none of ""."""

    def decode(self, ids: Iterable[int]) -> str:
        """Ids to text, without a frame."""

    def stream(self, framed: bool = True) -> TextStream:
        """Ids to text, one id at a time; it adds up to `decode` of all.

        Args:
            framed: whether a frame is left out; if not, it is written like all other tokens.
        """

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """The text of each id by itself."""

    def unknown(self, text: str) -> list[tuple[int, str]]:
        """(position, character) of every character that `encode` would refuse."""

    def replaced(self, text: str) -> dict[str, str]:
        """The parts of a text, such as rare words, that are read as a token for unknown ones.

        Returns:
            By part, in their order, the text of that token: "[UNK]".
        """

    def to_json(self) -> dict[str, Any]:
        """Everything needed to encode and decode, as plain JSON types."""


class Frameless(ABC):
    """A tokenizer that puts nothing around a text: whole, begun or a part, its ids are the same."""

    in_pieces = False

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Text to ids."""

    def encode_start(self, text: str) -> list[int]:
        """The same as `encode`."""
        return self.encode(text)

    def encode_part(self, text: str) -> list[int]:
        """The same as `encode`."""
        return self.encode(text)

    def replaced(self, text: str) -> dict[str, str]:
        """Nothing: what has no token is refused, or spelled in smaller ones."""
        return {}


class CharacterTokenizer(Frameless):
    """One token a character, in the order of their code points. Lecture, 9:28.

    >>> tokenizer = CharacterTokenizer.of("hello")
    >>> tokenizer.encode("hole")
    [1, 3, 2, 0]
    >>> tokenizer.decode([1, 3, 2, 0])
    'hole'
    """

    in_pieces = True

    def __init__(self, characters: Sequence[str]) -> None:
        if not characters or any(not isinstance(c, str) or len(c) != 1 for c in characters):
            raise TokenizerError("a character vocabulary must be a list of single characters")
        if half := next((c for c in characters if "\ud800" <= c <= "\udfff"), None):
            raise TokenizerError(
                f"a character vocabulary must not name half a character: {describe_character(half)}"
            )
        if len(set(characters)) != len(characters):
            raise TokenizerError("a character vocabulary must not name a character twice")
        self.characters = tuple(characters)
        self._ids = {character: i for i, character in enumerate(self.characters)}

    @classmethod
    def of(cls, text: str) -> CharacterTokenizer:
        """The vocabulary of a text: its distinct characters, sorted."""
        return cls(sorted(set(text)))

    @property
    def vocab_size(self) -> int:
        """Number of distinct characters (V)."""
        return len(self.characters)

    def encode(self, text: str) -> list[int]:
        """Text to ids.

        Raises:
            UnknownCharacterError: naming the first character that the vocabulary lacks.
        """
        try:
            return [self._ids[character] for character in text]
        except KeyError:
            position, character = next(self._unknown(text))  # all of them could be millions
            raise UnknownCharacterError(character, position, self.vocab_size) from None

    def decode(self, ids: Iterable[int]) -> str:
        """Ids to text.

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        return "".join(self.pieces(ids))

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """The character of each id.

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        return [self.characters[i] for i in known_ids(ids, self.vocab_size)]

    def stream(self, framed: bool = True) -> TextStream:
        """Ids to text, one id at a time."""
        return PieceStream(lambda id: self.pieces([id])[0])

    def unknown(self, text: str) -> list[tuple[int, str]]:
        """(position, character) of every character that the vocabulary lacks."""
        return list(self._unknown(text))

    def _unknown(self, text: str) -> Iterator[tuple[int, str]]:
        return ((i, character) for i, character in enumerate(text) if character not in self._ids)

    def to_json(self) -> dict[str, Any]:
        """Everything needed to encode and decode, as plain JSON types."""
        return {"type": "characters", "characters": list(self.characters)}


def from_json(value: Any) -> Tokenizer:
    """Read what `to_json` wrote.

    Raises:
        TokenizerError: not the JSON of a tokenizer known here.
    """
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "characters" and isinstance(value.get("characters"), list):
        return CharacterTokenizer(value["characters"])
    if kind in ELSEWHERE:
        return _from_library(kind, value)
    if kind == "characters":
        raise TokenizerError("characters in a tokenizer's JSON is no list; list them, by their ids")
    known = ", ".join(map(repr, ("characters", *ELSEWHERE)))
    raise TokenizerError(f"tokenizer type {kind!r} is not known here; known: {known}")


ELSEWHERE = ("bytes", "huggingface", "sentencepiece", "marian", "gpt2")


def _from_library(kind: str, value: dict[str, Any]) -> Tokenizer:
    """A tokenizer that stands on a library; few runs need one, so it is imported only here."""
    library = _class_of(kind)
    if kind == "bytes":
        tokenizer: Tokenizer = library()
    elif kind == "huggingface":
        tokenizer = library(value.get("tokenizer"), value.get("vocab_size"))
    else:
        tokenizer = library.from_json(value)
    return tokenizer


@alone()
def _class_of(kind: str) -> Any:
    if kind == "bytes":
        from gpt.text.tokenizers.bytes import ByteTokenizer

        return ByteTokenizer
    if kind == "huggingface":
        from gpt.text.huggingface import HuggingFaceTokenizer

        return HuggingFaceTokenizer
    if kind == "sentencepiece":
        from gpt.text.tokenizers.sentencepieces import SentencePieceTokenizer

        return SentencePieceTokenizer
    if kind == "marian":
        from gpt.text.tokenizers.marian import MarianTokenizer

        return MarianTokenizer
    from gpt.text.tokenizers.gpt2 import Gpt2Tokenizer

    return Gpt2Tokenizer
