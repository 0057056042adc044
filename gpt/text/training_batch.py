"""The split of a corpus and one training batch, as numpy arrays for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gpt.errors import TextError
from gpt.nn.loss import IGNORED
from gpt.text import batches, cutting
from gpt.text.documents import Sample
from gpt.text.tokenizer import Tokenizer
from gpt.whole_characters import first_characters

START_TOKENS = 240  # bytes of sixty characters, at most


@dataclass(frozen=True)
class SplitSide:
    """One side of the split.

    Fields:
        share: of the tokens, 0 to 1.
        characters, tokens: how many.
        start: its first characters.
    """

    share: float
    characters: int
    tokens: int
    start: str


@dataclass(frozen=True, eq=False)
class Batch:
    """B blocks of T tokens, and for each token the one that follows it.

    Fields:
        x, y: (B, T) ids; y[b, t] follows x[b, t] in the text.
    """

    x: np.ndarray
    y: np.ndarray

    def examples(self, row: int) -> list[tuple[list[int], int]]:
        """The T examples in a row: what the model reads, and its target. Lecture, 14:27."""
        return batches.examples([*self.x[row].tolist(), int(self.y[row, -1])])


def encoded(tokenizer: Tokenizer, text: str) -> np.ndarray:
    """(N,) ids of a whole corpus, read-only.

    Raises:
        UnknownCharacterError: a character that the vocabulary lacks.
    """
    ids = np.array(tokenizer.encode_part(text), dtype=np.int64)
    ids.flags.writeable = False
    return ids


def split_sides(tokenizer: Tokenizer, ids: np.ndarray) -> tuple[SplitSide, SplitSide]:
    """The two sides of the split: the first 90 % of the tokens, and the rest."""
    first, second = (side.tolist() for side in batches.split(torch.tensor(ids)))
    return _side(tokenizer, first, len(ids)), _side(tokenizer, second, len(ids))


def _side(tokenizer: Tokenizer, ids: Sequence[int], N: int) -> SplitSide:
    first = cutting.beginning(tokenizer, ids[:START_TOKENS], START_TOKENS)
    start = first_characters(tokenizer.decode(first), 60)
    return SplitSide(len(ids) / N if N else 0.0, len(tokenizer.decode(ids)), len(ids), start)


def batch(ids: np.ndarray, batch_size: int, block_size: int, seed: int) -> Batch:
    """A batch of the training side, drawn in the same way as in training.

    With the lecture's text, characters, 4 × 8 and seed 1337, these are the lecture's (14:27).

    Args:
        ids: (N,) of the whole corpus.

    Raises:
        TextError: the training side does not fill one block.
    """
    training, _ = batches.split(torch.tensor(ids))
    return _drawn(training, "training", batch_size, block_size, seed)


def first_row_at(batch: Batch, ids: np.ndarray, start: int) -> Batch:
    """The same batch, with a first row that starts at a place of the training side.

    Raises:
        TextError: no block fits there.
    """
    T, length = batch.x.shape[1], int(0.9 * len(ids))
    if not 0 <= start < length - T:
        raise TextError(
            f"a block of {T} tokens and its last target can start at 0 to {length - T - 1:,} of "
            f"the training part, not at {start:,}"
        )
    x, y = batch.x.copy(), batch.y.copy()
    x[0], y[0] = ids[start : start + T], ids[start + 1 : start + T + 1]
    return Batch(x, y)


def held_out_batch(ids: np.ndarray, batch_size: int, block_size: int, seed: int) -> Batch:
    """The same of the side that is kept back.

    Raises:
        TextError: it does not fill one block.
    """
    _, held_out = batches.split(torch.tensor(ids))
    return _drawn(held_out, "held-out", batch_size, block_size, seed)


def _drawn(side: torch.Tensor, name: str, batch_size: int, block_size: int, seed: int) -> Batch:
    if len(side) <= block_size:
        raise TextError(
            f"the {name} part has {len(side):,} tokens; a block of {block_size:,} and its "
            f"last target need {block_size + 1:,}. Choose a shorter block or a longer text."
        )
    generator = torch.Generator().manual_seed(seed)
    x, y = batches.random_blocks(side, block_size, batch_size, generator)
    return Batch(x.numpy(), y.numpy())


def pieces_of(tokenizer: Tokenizer, *ids: np.ndarray) -> dict[int, str]:
    """The text of every id in some arrays; targets that are ignored have none."""
    distinct = np.unique(np.concatenate([array.ravel() for array in ids]))
    used = distinct[distinct != IGNORED].tolist()
    return dict(zip(used, tokenizer.pieces(used), strict=True))


@dataclass(frozen=True)
class Mixture:
    """How the blocks of a sample mix documents.

    Fields:
        blocks: number of blocks.
        mixed: number of blocks that reach from one document into another, last target included.
        positions: B × T.
        learned: number of positions that have a target.
    """

    blocks: int
    mixed: int
    positions: int
    learned: int


def mixture(sample: Sample) -> Mixture:
    """Count the blocks that hold several documents, and the positions that have a target."""
    of = np.concatenate([sample.documents, sample.target_documents], axis=1)
    mixed = sum(len(set(row[row >= 0].tolist())) > 1 for row in of)
    learned = int((sample.targets != IGNORED).sum())
    return Mixture(len(of), mixed, sample.targets.size, learned)
