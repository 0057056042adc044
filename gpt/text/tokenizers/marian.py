"""Marian's tokenizers: a SentencePiece model cuts a text, and a list beside it has the ids.

A translator has two of them, one of each language, which may share the list. A piece that is not in
the list becomes the unknown token, as does a character that the model never saw.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any

import sentencepiece

from gpt.checks import is_whole, known_ids
from gpt.errors import TokenizerError, UnknownCharacterError
from gpt.nn.config import LIMITS
from gpt.text.streaming import FramedStream, GrowingStream, TextStream
from gpt.text.tokenizers.bytes import lone_surrogates

SPACE = "▁"
BYTE = re.compile("<0x[0-9A-F]{2}>")
CODE = re.compile(">>.*?<<", re.DOTALL)  # says the target language: ">>fra<<"


class MarianTokenizer:
    """One side's tokenizer of a Marian. `encode` ends each text with the token that ends texts.

    Args:
        model: the content of `source.spm` or `target.spm`.
        ids: the content of `vocab.json`: tokens with their ids.
        special: tokens that a text may name, such as "</s>".
        unknown, end: the names of two of these.

    Raises:
        TokenizerError: not a model of the library's, or a list that cannot be.
    """

    in_pieces = False

    def __init__(
        self, model: bytes, ids: Any, special: Sequence[str], unknown: str, end: str
    ) -> None:
        try:
            self._library = sentencepiece.SentencePieceProcessor(model_proto=model)
        except (RuntimeError, OSError, ValueError, TypeError) as error:
            raise TokenizerError(f"this is not a SentencePiece model ({error})") from None
        self._model, self._ids = model, _checked_ids(ids, (unknown, end))
        self._names = {id: name for name, id in self._ids.items()}
        self._special = [name for name in dict.fromkeys([*special, unknown, end]) if name]
        longest_first = sorted(self._special, key=len, reverse=True)
        self._cut = re.compile(f"({'|'.join(map(re.escape, longest_first))})")
        self._unknown, self._end = unknown, end

    @property
    def vocab_size(self) -> int:
        """Number of ids (V), unused ones included."""
        return max(self._names) + 1

    def encode(self, text: str) -> list[int]:
        """A whole text to ids, and the token that ends it.

        Raises:
            UnknownCharacterError: half a surrogate pair.
        """
        return [*self.encode_part(text), self._ids[self._end]]

    def encode_start(self, text: str) -> list[int]:
        """The beginning of a text to be continued, which nothing ends.

        Raises:
            UnknownCharacterError: as `encode`.
        """
        return self.encode_part(text)

    def encode_part(self, text: str) -> list[int]:
        """A part of a text, without a frame.

        Raises:
            UnknownCharacterError: as `encode`.
        """
        if refused := self.unknown(text):
            raise UnknownCharacterError(refused[0][1], refused[0][0], self.vocab_size)
        unknown = self._ids[self._unknown]
        return [self._ids.get(piece, unknown) for piece in self._pieces_of(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """Ids to text, without the token that ends it.

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        known = known_ids(ids, self.vocab_size)
        return self._text_of(known[:-1] if known[-1:] == [self._ids[self._end]] else known)

    def stream(self, framed: bool = True) -> TextStream:
        """Ids to text, one id at a time; the bytes of a character are held until its last."""
        inner = GrowingStream(self._text_of, self._held)
        return FramedStream(inner, [], [self._ids[self._end]]) if framed else inner

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """The text of each id by itself, a byte as ⟨0xE2⟩.

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        return [self._piece(id) for id in known_ids(ids, self.vocab_size)]

    def unknown(self, text: str) -> list[tuple[int, str]]:
        """(position, character) of every half of a surrogate pair; all else is some token."""
        return lone_surrogates(text)

    def replaced(self, text: str) -> dict[str, str]:
        """The pieces of a text that the list lacks, with the name of the token read for them."""
        if self.unknown(text):
            return {}
        lacking = (piece for piece in self._pieces_of(text) if piece not in self._ids)
        parts = (piece.replace(SPACE, " ").strip() for piece in lacking)
        return {part: self._unknown for part in parts if part}

    @property
    def unused(self) -> list[int]:
        """The ids below `vocab_size` that no token has."""
        return sorted(set(range(self.vocab_size)) - set(self._names))

    def to_json(self) -> dict[str, Any]:
        """Everything needed to encode and decode, as plain JSON types."""
        return {
            "type": "marian",
            "model": base64.b64encode(self._model).decode("ascii"),
            "ids": self._ids,
            "special": self._special,
            "unknown": self._unknown,
            "end": self._end,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> MarianTokenizer:
        """Read what `to_json` wrote.

        Raises:
            TokenizerError: something else.
        """
        try:
            model = base64.b64decode(value["model"], validate=True)
            special, unknown, end = value["special"], value["unknown"], value["end"]
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise TokenizerError("this is not the JSON of one of Marian's tokenizers") from None
        if not isinstance(special, list) or not all(
            isinstance(name, str) for name in (*special, unknown, end)
        ):
            raise TokenizerError("the special tokens of one of Marian's tokenizers should be texts")
        return cls(model, value.get("ids"), special, unknown, end)

    def _pieces_of(self, text: str) -> Iterator[str]:
        for part in self._cut.split(text):
            if part in self._special:
                yield part
                continue
            if code := CODE.match(part):
                yield code[0]
                part = part[code.end() :]
            yield from self._library.encode(part, out_type=str)

    def _text_of(self, ids: list[int]) -> str:
        text, run = "", list[str]()
        for id in known_ids(ids, self.vocab_size):
            name = self._names.get(id, "")
            if name in self._special:
                text += f"{self._library.decode_pieces(run)}{name} "
                run = []
            else:
                run.append(name)
        return (text + self._library.decode_pieces(run)).replace(SPACE, " ").strip()

    def _held(self, ids: Sequence[int]) -> int:
        """How many of the last ids are bytes, which a later one may change."""
        names = (self._names.get(id, "") for id in reversed(ids))
        return sum(takewhile(bool, (BYTE.fullmatch(name) is not None for name in names)))

    def _piece(self, id: int) -> str:
        name = self._names.get(id)
        if name is None:
            return f"⟨unused {id}⟩"
        return f"⟨{name[1:-1]}⟩" if BYTE.fullmatch(name) else name.replace(SPACE, " ")


def _checked_ids(ids: Any, needed: Sequence[str]) -> dict[str, int]:
    """Tokens with their ids, each id once.

    Raises:
        TokenizerError: they are something else, too many, or lack a token that is needed.
    """
    if not isinstance(ids, dict) or not ids or not all(map(is_whole, ids.values())):
        raise TokenizerError("a vocabulary of Marian should hold tokens with their ids")
    values = list(ids.values())
    if min(values) < 0 or max(values) >= LIMITS["vocab_size"] or len(set(values)) < len(values):
        raise TokenizerError(
            f"the ids of a vocabulary of Marian should be from 0 to {LIMITS['vocab_size'] - 1:,}, "
            "each once"
        )
    if missing := [name for name in needed if name not in ids]:
        raise TokenizerError(f"the vocabulary of Marian has no {', '.join(missing)}")
    return dict(ids)
