"""Tokens in a file: the ids of a text that is larger than memory, drawn from where they lie.

The file is a plain .npy array of the smallest unsigned numbers that hold every id. It is mapped
into memory: a block that is read takes a page of the system's cache, which the system takes back.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch

from gpt.bounded import where
from gpt.errors import CheckpointError, TextError, UnknownCharacterError
from gpt.text.large_text import LargeText, at_line_ends
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer

NAME = "tokens.npy"
TOGETHER = 1 << 16  # ids that are decoded at a time
COUNTED = 1 << 20  # ids that are counted at a time
PART_OF_CHARACTER = "⟨0x"
"""How `pieces` begins the text of a token that begins amid a character."""


@dataclass(frozen=True)
class Written:
    """What was written into a file of tokens.

    Fields:
        tokens: in all.
        characters, sha256: of the text.
    """

    tokens: int
    characters: int
    sha256: str


class TokenFile:
    """The ids of a long text, or of a part of it, in a file.

    Args:
        ids: (T,) unsigned, mapped into memory.
        vocab_size: V; no id may reach it.
        name: of the file, in messages.
    """

    def __init__(self, ids: np.ndarray, vocab_size: int, name: str = NAME) -> None:
        self._ids, self._vocab_size, self._name = ids, vocab_size, name

    @classmethod
    def open(cls, path: Path, vocab_size: int) -> TokenFile:
        """Map a file of tokens into memory; nothing of it is read yet.

        Raises:
            CheckpointError: it is missing, damaged, or no row of ids.
        """
        try:
            ids = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError:
            raise CheckpointError(f"{where(path)} is missing: the tokens of its text") from None
        except (OSError, ValueError, EOFError) as error:
            raise CheckpointError(f"{where(path)} cannot be read ({error})") from None
        if not isinstance(ids, np.ndarray) or ids.ndim != 1 or ids.dtype.kind != "u":
            raise CheckpointError(f"{where(path)} is no row of token ids")
        return cls(ids, vocab_size, where(path))

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, part: slice) -> torch.Tensor:
        """Some ids as a tensor of their own, (T,)."""
        return self._checked(self._ids[part])

    def split(self, train_part: float = 0.9) -> tuple[TokenFile, TokenFile]:
        """The first 90 % to learn from, the rest to validate on. Lecture, 9:28."""
        n = int(train_part * len(self))
        return TokenFile(self._ids[:n], self._vocab_size, self._name), self.after(n)

    def after(self, n: int) -> TokenFile:
        """The ids after the first n, where they lie."""
        return TokenFile(self._ids[n:], self._vocab_size, self._name)

    def random(
        self, block_size: int, batch_size: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Random blocks and their targets, (B, T) each: those that `random_blocks` would cut."""
        starts = torch.randint(len(self) - block_size, (batch_size, 1), generator=generator)
        at = starts + torch.arange(block_size + 1)
        blocks = self._checked(self._ids[at.numpy()])
        return blocks[:, :-1], blocks[:, 1:]

    def consecutive(
        self, block_size: int, batch_size: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The whole text, block after block, as `consecutive_blocks` cuts it."""
        whole = (len(self) - 1) // block_size * block_size
        together = block_size * batch_size
        for start in range(0, whole, together):
            ids = self[start : min(start + together, whole) + 1]
            yield ids[:-1].view(-1, block_size), ids[1:].view(-1, block_size)
        if whole < len(self) - 1:
            ids = self[whole : len(self)]
            yield ids[None, :-1], ids[None, 1:]

    def counts(self) -> np.ndarray:
        """(V,) how often each token occurs."""
        counts = np.zeros(self._vocab_size, dtype=np.int64)
        for start in range(0, len(self), COUNTED):
            part = self[start : start + COUNTED].numpy()
            counts += np.bincount(part, minlength=self._vocab_size)
        return counts

    def characters(self, tokenizer: Tokenizer) -> int:
        """Number of the characters that the ids write, decoded a part at a time."""
        if isinstance(tokenizer, CharacterTokenizer):
            return len(self)
        total = start = 0
        while start < len(self):
            end = self._character_end(tokenizer, start)
            before = self[max(0, start - 1) : start].tolist()  # a blank may stand between two
            written = len(tokenizer.decode([*before, *self[start:end].tolist()]))
            total += written - len(tokenizer.decode(before))
            start = end
        return total

    def _character_end(self, tokenizer: Tokenizer, start: int) -> int:
        """An end of a part that begins at `start`, where no character is cut in two."""
        end = min(start + TOGETHER, len(self))
        while start + 1 < end < len(self):
            (piece,) = tokenizer.pieces(self[end : end + 1].tolist())
            if not piece.startswith(PART_OF_CHARACTER):
                break
            end -= 1
        return end

    def _checked(self, ids: np.ndarray) -> torch.Tensor:
        """Ids as a tensor.

        Raises:
            CheckpointError: one is outside the vocabulary.
        """
        numbers = torch.from_numpy(ids.astype(np.int64))
        if numbers.numel() and int(numbers.max()) >= self._vocab_size:
            raise CheckpointError(
                f"{self._name} has the id {int(numbers.max()):,}; the vocabulary has "
                f"{self._vocab_size:,} tokens, so the two do not belong together"
            )
        return numbers


def write(path: Path, text: LargeText, tokenizer: Tokenizer) -> Written:
    """Write the tokens of a text into a new file, a piece at a time.

    Raises:
        TextError: a file of the text cannot be read, or there is no room for the tokens.
        UnknownCharacterError: a character that the vocabulary lacks.
    """
    kind = _kind(tokenizer.vocab_size)
    _check_room(path.parent, text.size * kind.itemsize)
    tokens = characters = 0
    digest = hashlib.sha256()
    with path.open("wb") as file:
        _write_header(file, kind, 0)
        for piece in at_line_ends(text.pieces()):
            ids = _encoded(piece, tokenizer, characters).astype(kind)
            file.write(ids.tobytes())
            digest.update(piece.encode())
            tokens, characters = tokens + len(ids), characters + len(piece)
        file.seek(0)
        _write_header(file, kind, tokens)
    return Written(tokens, characters, digest.hexdigest())


def character_ids(tokenizer: CharacterTokenizer, text: str) -> np.ndarray:
    """The ids of a text of characters, (T,), through a table of code points.

    Raises:
        UnknownCharacterError: naming the first character that the vocabulary lacks.
    """
    points = np.array([ord(character) for character in tokenizer.characters])
    table = np.full(points.max() + 2, -1, dtype=np.int64)  # the last one for all that are higher
    table[points] = np.arange(len(points))
    code_points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    ids: np.ndarray = table[np.minimum(code_points, points.max() + 1)]
    if len(ids) and ids.min() < 0:
        position = int((ids < 0).argmax())
        raise UnknownCharacterError(text[position], position, tokenizer.vocab_size)
    return ids


def _encoded(piece: str, tokenizer: Tokenizer, characters: int) -> np.ndarray:
    """The ids of a piece, of which so many characters stand before it."""
    try:
        if isinstance(tokenizer, CharacterTokenizer):
            return character_ids(tokenizer, piece)
        return np.array(tokenizer.encode_part(piece), dtype=np.int64)
    except UnknownCharacterError as error:
        at = characters + error.position
        raise UnknownCharacterError(error.character, at, tokenizer.vocab_size) from None


def _kind(vocab_size: int) -> np.dtype:
    """The smallest unsigned number that holds every id.

    >>> [_kind(V).name for V in (256, 257, 65_537)]
    ['uint8', 'uint16', 'uint32']
    """
    return np.min_scalar_type(vocab_size - 1).newbyteorder("<")


def _write_header(file: BinaryIO, kind: np.dtype, tokens: int) -> None:
    """The header of an .npy file; numpy leaves room in it for a length of any size."""
    header = {"descr": kind.str, "fortran_order": False, "shape": (tokens,)}
    np.lib.format.write_array_header_1_0(file, header)


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise TextError(
            f"the tokens of this text may take {needed / 2**20:,.0f} MiB beside the run, and the "
            f"disk has {free / 2**20:,.0f} MiB left; free some, or put the run on another one"
        )
