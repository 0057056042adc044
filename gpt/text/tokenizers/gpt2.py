"""GPT-2's byte-level BPE through `tiktoken`: 50,257 tokens, from two files that OpenAI published.

The files come from a folder that a person names, from tiktoken's own cache or ours, or from the
network; a run keeps what it needs of them in its tokenizer.json.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tiktoken
from tiktoken.load import data_gym_to_mergeable_bpe_ranks
from tiktoken_ext.openai_public import ENDOFTEXT, r50k_pat_str

from gpt.checks import known_ids
from gpt.errors import FetchError, TokenizerError, UnknownCharacterError
from gpt.nn.config import LIMITS
from gpt.text import fetch
from gpt.text.streaming import ByteStream, TextStream
from gpt.text.tokenizer import Frameless
from gpt.text.tokenizers.bytes import lone_surrogates
from gpt.text.utf8 import readable

MERGES, ENCODER = "gpt2-vocab.bpe", "gpt2-encoder.json"
NAMES = {MERGES: "vocab.bpe", ENCODER: "encoder.json"}
FOLDER = "HEADLIGHT_GPT2"
WHAT_WOULD_WORK = (
    "GPT-2's tokenizer needs two files, vocab.bpe and encoder.json. Download them from "
    f"{fetch.SOURCES[MERGES].url} and {fetch.SOURCES[ENCODER].url}, put both into one folder, "
    f"and name that folder in the environment variable {FOLDER}."
)


class Gpt2Tokenizer(Frameless):
    """GPT-2's tokenizer.

    Args:
        ranks: the bytes of each token, in the order in which pairs are merged.

    Raises:
        TokenizerError: ranks that are no vocabulary.
    """

    in_pieces = True

    def __init__(self, ranks: list[bytes]) -> None:
        self._ranks = ranks
        merges = {token: rank for rank, token in enumerate(ranks)}
        if len(ranks) > LIMITS["vocab_size"]:
            raise TokenizerError(f"a vocabulary of {len(ranks):,} tokens is not taken")
        if len(merges) != len(ranks) or not all(bytes([byte]) in merges for byte in range(256)):
            raise TokenizerError("this is not a byte-level vocabulary: bytes are missing or double")
        self._library = tiktoken.Encoding(
            "gpt2",
            pat_str=r50k_pat_str,
            mergeable_ranks=merges,
            special_tokens={ENDOFTEXT: len(ranks)},
        )

    @property
    def vocab_size(self) -> int:
        """Number of tokens (V), "<|endoftext|>" included."""
        return self._library.n_vocab

    def encode(self, text: str) -> list[int]:
        """Text to ids; "<|endoftext|>" in it is text like any other.

        Raises:
            UnknownCharacterError: half of a surrogate pair, which is no text.
        """
        if refused := self.unknown(text):
            raise UnknownCharacterError(refused[0][1], refused[0][0], self.vocab_size)
        return self._library.encode_ordinary(text)

    def decode(self, ids: Iterable[int]) -> str:
        """Ids to text; bytes that make no whole character become "�".

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        return b"".join(self._bytes(ids)).decode("utf-8", errors="replace")

    def stream(self, framed: bool = True) -> TextStream:
        """Ids to text, one id at a time; the bytes of a character are held until its last."""
        return ByteStream(lambda id: self._bytes([id])[0])

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """The text of each id by itself, bytes of a part of a character as ⟨0xE2⟩.

        Raises:
            TokenizerError: an id outside the vocabulary.
        """
        return [readable(token) for token in self._bytes(ids)]

    def unknown(self, text: str) -> list[tuple[int, str]]:
        """(position, character) of every half of a surrogate pair."""
        return lone_surrogates(text)

    def to_json(self) -> dict[str, Any]:
        """Everything needed to encode and decode, as plain JSON types."""
        return {"type": "gpt2", "ranks": [base64.b64encode(t).decode() for t in self._ranks]}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Gpt2Tokenizer:
        """Read what `to_json` wrote.

        Raises:
            TokenizerError: no vocabulary.
        """
        try:
            ranks = [base64.b64decode(token, validate=True) for token in value["ranks"]]
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise TokenizerError(
                "this tokenizer.json holds no vocabulary of GPT-2's kind"
            ) from None
        return cls(ranks)

    def _bytes(self, ids: Iterable[int]) -> list[bytes]:
        ids = known_ids(ids, self.vocab_size)
        return [ENDOFTEXT.encode() if i == len(self._ranks) else self._ranks[i] for i in ids]


def gpt2(folder: str | Path | None = None, network: bool = True) -> Gpt2Tokenizer:
    """GPT-2's tokenizer, from its two files.

    Args:
        folder: has vocab.bpe and encoder.json; None: $HEADLIGHT_GPT2, tiktoken's cache, ours, or
            the network.
        network: whether files that are not on this machine may be downloaded.

    Raises:
        TokenizerError: the files are missing, or are not GPT-2's; the message says what to fetch
            and where to put it.
    """
    folder = folder or os.environ.get(FOLDER)
    contents = {name: _content(name, folder, network) for name in NAMES}
    with tempfile.TemporaryDirectory() as temporary:
        paths = {}
        for name, content in contents.items():
            paths[name] = Path(temporary) / name
            paths[name].write_bytes(content)
        ranks = data_gym_to_mergeable_bpe_ranks(str(paths[MERGES]), str(paths[ENCODER]))
    return Gpt2Tokenizer(sorted(ranks, key=lambda token: ranks[token]))


def _content(name: str, folder: str | Path | None, network: bool) -> bytes:
    """One of the two files, known by its hash."""
    source = fetch.SOURCES[name]
    if folder:
        path = Path(folder).expanduser() / NAMES[name]
    else:
        path = _tiktoken_cache() / hashlib.sha1(source.url.encode()).hexdigest()
        if not path.is_file():
            path = _ours(name, network)
    try:
        with path.open("rb") as file:
            content = file.read(source.size + 1)
    except OSError as error:
        raise TokenizerError(
            f"{path} cannot be read ({error.strerror}). {WHAT_WOULD_WORK}"
        ) from None
    if hashlib.sha256(content).hexdigest() != source.sha256:
        raise TokenizerError(f"{path} is not GPT-2's {NAMES[name]}. {WHAT_WOULD_WORK}")
    return content


def _ours(name: str, network: bool) -> Path:
    """The file in our own cache, downloaded if that is allowed."""
    if not network:
        if path := fetch.cached(fetch.SOURCES[name].sha256):
            return path
        raise TokenizerError(f"GPT-2's {NAMES[name]} is not on this machine. {WHAT_WOULD_WORK}")
    try:
        return fetch.fetch(name)
    except FetchError as error:
        raise TokenizerError(f"{str(error).strip()} {WHAT_WOULD_WORK}") from None


def _tiktoken_cache() -> Path:
    """The folder of tiktoken's downloads."""
    named = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    return Path(named) if named else Path(tempfile.gettempdir()) / "data-gym-cache"
