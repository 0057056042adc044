"""SentencePiece, unigram or BPE, trained on a text through the `sentencepiece` library.

Text goes in and comes out as it is: no normalization, no space put in front, line breaks are
tokens of their own, and what the vocabulary lacks is written in bytes.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import sentencepiece

from gpt.checks import known_ids
from gpt.errors import TokenizerError, UnknownCharacterError
from gpt.nn.config import LIMITS
from gpt.text.streaming import GrowingStream, TextStream, incomplete
from gpt.text.tokenizer import Frameless

SPACE = "▁"  # the library writes it for a space, so a text may not contain it
LEAST = 256 + 3 + 1  # the bytes, three tokens of the library's own, and the line break
LONGEST_LINE = 4000  # the library leaves out longer sentences
CANDIDATES, KEPT = 4, 0.5
"""Unigram begins with so many candidates for each token of V, and keeps that share of them a round.

The library's own, a million and three quarters, are for texts of gigabytes. In half a megabyte of
strings that repeat themselves they take in nearly every piece that occurs twice, 227,000 of them:
13 rounds of 0.7 s each, and the long pieces push out the short ones that are needed in the end.
"""
SETTINGS: dict[str, Any] = dict(
    character_coverage=1.0,
    byte_fallback=True,
    normalization_rule_name="identity",
    add_dummy_prefix=False,
    remove_extra_whitespaces=False,
    user_defined_symbols=["\n"],
    hard_vocab_limit=False,
    num_threads=1,
    minloglevel=2,
    max_sentence_length=4 * LONGEST_LINE,
    shrinking_factor=KEPT,
)


class SentencePieceTokenizer(Frameless):
    """A SentencePiece model, used as it stands.

    Args:
        model: the content of a `.model` file.

    Raises:
        TokenizerError: not a model of the library's.
    """

    def __init__(self, model: bytes) -> None:
        self._model = model
        try:
            self._library = sentencepiece.SentencePieceProcessor(model_proto=model)
        except (RuntimeError, OSError, ValueError, TypeError) as error:
            raise TokenizerError(f"this is not a SentencePiece model ({error})") from None
        if not 0 < self.vocab_size <= LIMITS["vocab_size"]:
            raise TokenizerError(
                f"a SentencePiece model of {self.vocab_size:,} tokens is not taken"
            )

    @property
    def vocab_size(self) -> int:
        """Number of tokens (V)."""
        return int(self._library.get_piece_size())

    def encode(self, text: str) -> list[int]:
        """Text to ids.

        Raises:
            UnknownCharacterError: "▁", the library's sign for a space, or half a surrogate pair.
        """
        if refused := next(self._unknown(text), None):  # all of them could be millions
            raise UnknownCharacterError(refused[1], refused[0], self.vocab_size)
        return list(self._library.encode(text))

    def decode(self, ids: Iterable[int]) -> str:
        """Ids to text; bytes that make no whole character become "�".

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        return str(self._library.decode(self._checked(ids)))

    def stream(self, framed: bool = True) -> TextStream:
        """Ids to text, one id at a time; the bytes of a character are held until its last."""
        return GrowingStream(self.decode, self._held)

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """The text of each id by itself, a byte as ⟨0xE2⟩.

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        return [self._piece(i) for i in self._checked(ids)]

    def unknown(self, text: str) -> list[tuple[int, str]]:
        """(position, character) of every character that decoding would not give back."""
        return list(self._unknown(text))

    def _unknown(self, text: str) -> Iterator[tuple[int, str]]:
        return (
            (i, c) for i, c in enumerate(text) if c in (SPACE, "\0") or "\ud800" <= c <= "\udfff"
        )

    def to_json(self) -> dict[str, Any]:
        """Everything needed to encode and decode, as plain JSON types."""
        return {"type": "sentencepiece", "model": base64.b64encode(self._model).decode()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> SentencePieceTokenizer:
        """Read what `to_json` wrote.

        Raises:
            TokenizerError: not a model.
        """
        try:
            return cls(base64.b64decode(value["model"], validate=True))
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            if isinstance(error, TokenizerError):
                raise
            raise TokenizerError("this tokenizer.json holds no SentencePiece model") from None

    def _held(self, ids: Sequence[int]) -> int:
        """How many of the last ids are bytes of an incomplete character."""
        last = bytearray()
        for id in reversed(ids[-3:]):
            if not self._library.is_byte(id):
                break
            last.insert(0, int(self._library.id_to_piece(id)[3:-1], 16))
        return incomplete(bytes(last))

    def _piece(self, id: int) -> str:
        name = str(self._library.id_to_piece(id))
        if self._library.is_byte(id):
            return f"⟨{name[1:-1]}⟩"
        return name.replace(SPACE, " ")

    def _checked(self, ids: Iterable[int]) -> list[int]:
        return known_ids(ids, self.vocab_size)


def train(
    text: str, vocab_size: int, kind: Literal["unigram", "bpe"] = "unigram"
) -> SentencePieceTokenizer:
    """Learn a vocabulary from a text. Source: Kudo (2018), unigram; Sennrich et al. (2016), BPE.

    Args:
        vocab_size: V, at least 260 and one for each distinct character; of a short text the
            library may make fewer.

    Raises:
        TokenizerError: a size that is too small, or a text that the library cannot learn from.
    """
    _check_size(text, vocab_size)
    written = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(_sentences(text)),
            model_writer=written,
            vocab_size=vocab_size,
            model_type=kind,
            seed_sentencepiece_size=CANDIDATES * vocab_size,
            **SETTINGS,
        )
    except (RuntimeError, OSError) as error:
        raise TokenizerError(
            f"SentencePiece learned no {kind} vocabulary of {vocab_size:,} from this text "
            f"({str(error).splitlines()[0][:160]}); try a smaller one, or a longer text"
        ) from None
    return SentencePieceTokenizer(written.getvalue())


def _check_size(text: str, vocab_size: int) -> None:
    least = LEAST + len(set(text) - {"\n", "\0"})
    if vocab_size < least:
        raise TokenizerError(
            f"a SentencePiece vocabulary of {vocab_size:,} is too small for this text: its "
            f"characters, the 256 bytes and the library's own tokens make {least:,} the least"
        )


def _sentences(text: str) -> Iterable[str]:
    """Lines, which the library learns from; long ones are cut into parts."""
    for line in text.replace("\0", "").split("\n"):
        for start in range(0, len(line), LONGEST_LINE):
            yield line[start : start + LONGEST_LINE]
