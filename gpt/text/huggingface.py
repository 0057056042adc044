"""Any Hugging Face tokenizer.json as a tokenizer of ours, through the `tokenizers` library.

GPT-2's byte-level BPE, BERT's WordPiece and others are one file format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any

from tokenizers import Tokenizer as Library

from gpt.checks import known_ids
from gpt.errors import UnknownCharacterError
from gpt.text.streaming import ByteStream, FramedStream, GrowingStream, TextStream
from gpt.text.tokenizer_file import (
    STEPS,
    checked_size,
    frame,
    is_local,
    library_errors,
    nodes,
    safe_spec,
)
from gpt.text.utf8 import byte_alphabet, readable

ALPHABET = byte_alphabet()
SYMBOLS = {byte: symbol for symbol, byte in ALPHABET.items()}
BYTE = re.compile("<0x([0-9A-F]{2})>")
SPELLED = r"\n|[\w'’]+(?:-[\w'’]+)*|[^\w\s]"
"""A word, as `gpt.text.tokenizers.words` cuts them."""


class HuggingFaceTokenizer:
    """A tokenizer.json, used as it stands.

    `encode` puts around a text what the file's template puts there ("[CLS]" and "[SEP]"), and
    `decode` takes that off again.

    Args:
        spec: the content of a tokenizer.json.
        vocab_size: of the model, where it is larger than that of the file: GPT-2's 50,257 tokens
            padded to 50,304, say. The ids in between are unused.

    Raises:
        TokenizerError: not a tokenizer.json, or one that could not be used safely.
    """

    def __init__(self, spec: Any, vocab_size: Any = None) -> None:
        self._spec = safe_spec(spec)
        with library_errors("this is not a tokenizer.json that `tokenizers` reads"):
            self._library = Library.from_str(json.dumps(self._spec))
        names = self._library.get_vocab(with_added_tokens=True)
        self._names = {id: name for name, id in names.items()}
        self._added = set(self._library.get_added_tokens_decoder())
        self._size = checked_size(self._names, vocab_size)
        kinds = {node.get("type") for step in STEPS for node in nodes(self._spec.get(step))}
        self._is_bytes = "ByteLevel" in kinds
        self._is_spaced = bool({"Metaspace", "ByteFallback"} & kinds)
        writers = [node for node in nodes(self._spec.get("decoder")) if "type" in node]
        self._has_bytes = any(node["type"] == "ByteFallback" for node in writers)
        self._is_local = all(map(is_local, writers))
        self._before, self._after = frame(self._spec)
        self._checked([*self._before, *self._after])
        self._known: dict[str, bool] = {}

    @property
    def vocab_size(self) -> int:
        """Number of ids (V), unused ones included."""
        return self._size

    def encode(self, text: str) -> list[int]:
        """A whole text to ids, in the frame of the file's template ("[CLS]" and "[SEP]").

        Raises:
            UnknownCharacterError: a character that this vocabulary has no token for.
            TokenizerError: a text that the file's own rules cannot cope with.
        """
        return self._encoded(text, framed=True)

    def encode_start(self, text: str) -> list[int]:
        """The beginning of a text to be continued: what the template puts before it, and the text.

        Raises:
            UnknownCharacterError, TokenizerError: as `encode`.
        """
        return [*self._before, *self._encoded(text, framed=False)]

    def encode_part(self, text: str) -> list[int]:
        """A part of a text, without the template's frame.

        Raises:
            UnknownCharacterError, TokenizerError: as `encode`.
        """
        return self._encoded(text, framed=False)

    def _encoded(self, text: str, framed: bool) -> list[int]:
        if refused := next(self._unknown(text), None):  # all of them could be millions
            raise UnknownCharacterError(refused[1], refused[0], self.vocab_size)
        with library_errors("this tokenizer cannot read the text"):
            return list(self._library.encode(text, add_special_tokens=framed).ids)

    def decode(self, ids: Iterable[int]) -> str:
        """Ids to text; bytes that make no whole character become "�".

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        ids = self._checked(ids)
        start = len(self._before) if ids[: len(self._before)] == self._before else 0
        end = len(ids) - len(self._after)
        ids = ids[start : end if end >= start and ids[end:] == self._after else len(ids)]
        if self._is_bytes:
            return b"".join(self._bytes(i) for i in ids).decode("utf-8", errors="replace")
        return self._joined(ids)

    def stream(self, framed: bool = True) -> TextStream:
        """Ids to text, one id at a time; with a decoder unknown here, all of it comes last."""
        inner: TextStream = GrowingStream(self._joined, self._held)
        if self._is_bytes:
            inner = ByteStream(lambda id: self._bytes(*self._checked([id])))
        return FramedStream(inner, self._before, self._after) if framed else inner

    def _joined(self, ids: list[int]) -> str:
        with library_errors("this tokenizer cannot write these tokens"):
            return str(self._library.decode(self._checked(ids), skip_special_tokens=False))

    def _held(self, ids: Sequence[int]) -> int:
        """How many of the last ids a later one may change: a row of bytes is one text or none."""
        if not self._is_local:
            return len(ids)
        if not self._has_bytes:
            return 0
        is_byte = (BYTE.fullmatch(self._names.get(id, "")) is not None for id in reversed(ids))
        return sum(takewhile(bool, is_byte))

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """The text of each id by itself, bytes of a part of a character as ⟨0xE2⟩.

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        return [self._piece(i) for i in self._checked(ids)]

    def unknown(self, text: str) -> list[tuple[int, str]]:
        """(position, character) of every character that the vocabulary has no token for."""
        return list(self._unknown(text))

    def _unknown(self, text: str) -> Iterator[tuple[int, str]]:
        refused = {character for character in set(text) if not self._knows(character)}
        return ((i, c) for i, c in enumerate(text if refused else "") if c in refused)

    @property
    def in_pieces(self) -> bool:
        """Whether it takes a text in pieces: every word ends before a blank and a line break.

        True of what `byte_pairs` and `words` make, and of GPT-2's own file; of another file it is
        not known.
        """
        cutter = self._spec.get("pre_tokenizer") or {}
        is_gpt2 = cutter.get("type") == "ByteLevel" and not cutter.get("add_prefix_space")
        is_words = cutter.get("type") == "Split" and cutter.get("pattern") == {"Regex": SPELLED}
        normalizer = (self._spec.get("normalizer") or {}).get("type", "Lowercase")
        plain = not any(token.get("rstrip") for token in self._spec.get("added_tokens") or ())
        return (is_gpt2 or is_words) and normalizer == "Lowercase" and plain

    def replaced(self, text: str) -> dict[str, str]:
        """The parts of a text that are read as the file's token for unknown ones, with its name."""
        unknown = self._spec["model"].get("unk_id")
        if unknown is None:
            unknown = self.id_of(str(self._spec["model"].get("unk_token")))
        if unknown is None or any(self._unknown(text)):
            return {}
        with library_errors("this tokenizer cannot read the text"):
            encoded = self._library.encode(text, add_special_tokens=False)
        name = self._piece(int(unknown))
        parts = (
            text[start:end]
            for id, (start, end) in zip(encoded.ids, encoded.offsets, strict=True)
            if id == unknown
        )
        return {part.strip(): name for part in parts if part.strip() not in ("", name)}

    def to_json(self) -> dict[str, Any]:
        """Everything needed to encode and decode, as plain JSON types."""
        return {"type": "huggingface", "vocab_size": self.vocab_size, "tokenizer": self._spec}

    @property
    def spec(self) -> dict[str, Any]:
        """The content of the tokenizer.json."""
        return self._spec

    @property
    def unused(self) -> list[int]:
        """The ids below `vocab_size` that no token has."""
        return sorted(set(range(self.vocab_size)) - set(self._names))

    def id_of(self, name: str) -> int | None:
        """The id of a token by its name in the vocabulary ("<|endoftext|>"), or None."""
        return self._library.token_to_id(name)

    def _knows(self, character: str) -> bool:
        if character not in self._known:
            self._known[character] = self._encodes(character)
        return self._known[character]

    def _encodes(self, character: str) -> bool:
        if "\ud800" <= character <= "\udfff":  # half a pair: no text on disk contains one
            return False
        model = self._spec["model"]
        unknown = model.get("unk_token")
        if model.get("unk_id") is not None or self.id_of(str(unknown)) is not None:
            return True
        if self._is_bytes:
            symbols = (SYMBOLS[byte] for byte in character.encode())
            return all(self._library.token_to_id(symbol) is not None for symbol in symbols)
        try:
            ids = self._library.encode(character, add_special_tokens=False).ids
        except Exception:
            return False
        return bool(ids) or character.isspace()

    def _checked(self, ids: Iterable[int]) -> list[int]:
        return known_ids(ids, self.vocab_size)

    def _piece(self, id: int) -> str:
        name = self._names.get(id)
        if name is None:
            return f"⟨unused {id}⟩"
        if id in self._added:
            return name
        if self._is_bytes:
            return readable(self._bytes(id))
        if self._is_spaced:
            byte = BYTE.fullmatch(name)
            return f"⟨0x{byte[1]}⟩" if byte else name.replace("▁", " ")
        return name

    def _bytes(self, id: int) -> bytes:
        """The bytes of a token of a byte-level vocabulary; an unused one has none."""
        name = self._names.get(id, "")
        if id in self._added or any(symbol not in ALPHABET for symbol in name):
            return name.encode("utf-8")
        return bytes(ALPHABET[symbol] for symbol in name)
