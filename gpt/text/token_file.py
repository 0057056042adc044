"""Tokens in a file: the ids of a text that is larger than memory, drawn from where they lie.

The file is a plain .npy array of the smallest unsigned numbers that hold every id. It is mapped
into memory: a block that is read takes a page of the system's cache, which the system takes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from gpt.bounded import npy_header, where
from gpt.errors import CheckpointError
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer

NAME = "tokens.npy"
TOGETHER = 1 << 16  # ids that are decoded at a time
COUNTED = 1 << 20  # ids that are counted at a time
PART_OF_CHARACTER = "⟨0x"
"""How `pieces` begins the text of a token that begins amid a character."""


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
        if not path.is_file():  # a pipe would be waited for
            raise CheckpointError(f"{where(path)} is missing: the tokens of its text")
        try:
            with path.open("rb") as file:
                shape, _, dtype = npy_header(file)
                start = file.tell()
            if len(shape) != 1 or dtype.kind != "u":
                raise CheckpointError(f"{where(path)} is no row of token ids")
            if start + shape[0] * dtype.itemsize != path.stat().st_size:
                raise ValueError(f"it does not have the {shape[0]:,} tokens that it says")
            ids = np.memmap(path, dtype, "r", start, (int(shape[0]),))
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{where(path)} cannot be read ({error})") from None
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
        if ids.size and int(ids.max()) >= self._vocab_size:
            raise CheckpointError(
                f"{self._name} has the id {int(ids.max()):,}; the vocabulary has "
                f"{self._vocab_size:,} tokens, so the two do not belong together"
            )
        return torch.from_numpy(ids.astype(np.int64))
