"""Encoded examples, and the batches that a model learns from and is tested on.

A row is the ids of one text. A batch has B rows, filled up with `PADDING` to the longest of them.
Rows of similar length go together, so that little is filled up. Which rows a step learns from
depends on the seed and the step alone: an epoch is a random order of all rows, and pools of `POOL`
batches out of it are sorted by length and cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch

from gpt.errors import TextError
from gpt.nn.loss import IGNORED
from gpt.nn.padding import PADDING
from gpt.numerals import brief
from gpt.seeds import seed_of
from gpt.text.documents import end_token
from gpt.text.labelled import LabelledExamples
from gpt.text.pairs import PairExamples
from gpt.text.tokenizer import Tokenizer

POOL = 32
"""Batches that are sorted together: more leave less padding, and mix lengths less."""


class Rows:
    """N rows of token ids of any length.

    Args:
        rows: the ids of each, at least one.
    """

    def __init__(self, rows: Sequence[Sequence[int]]) -> None:
        self.lengths = torch.tensor([len(row) for row in rows])
        count = int(self.lengths.sum())
        flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=count)
        self.ids = torch.from_numpy(flat)
        self.starts = self.lengths.cumsum(0) - self.lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def row(self, number: int) -> list[int]:
        """The ids of one row."""
        start = int(self.starts[number])
        return self.ids[start : start + int(self.lengths[number])].tolist()

    def padded(self, numbers: torch.Tensor) -> torch.Tensor:
        """Some rows, (B,) numbers, as (B, T) ids filled up with `PADDING`."""
        lengths = self.lengths[numbers]
        places = torch.arange(int(lengths.max()))
        at = (self.starts[numbers, None] + places).clamp(max=len(self.ids) - 1)
        return torch.where(places < lengths[:, None], self.ids[at], PADDING)


class Order:
    """Which rows make a batch: those of similar size.

    Args:
        sizes: (N,)
    """

    def __init__(self, sizes: torch.Tensor) -> None:
        self.sizes = sizes
        self._epoch: tuple[tuple[int, int, int], torch.Tensor] | None = None

    def at_step(self, step: int, batch_size: int, seed: int) -> torch.Tensor:
        """The rows that a step learns from, (B,); in each epoch every row comes at most once.

        What does not fill a batch is left out of an epoch; another epoch leaves out others.
        """
        size = min(batch_size, len(self.sizes))
        epoch, number = divmod(step, len(self.sizes) // size)
        key = (epoch, size, seed)
        if self._epoch is None or self._epoch[0] != key:
            self._epoch = key, self._batches(*key)
        return self._epoch[1][number]

    def random(self, batch_size: int, generator: torch.Generator) -> torch.Tensor:
        """Random rows, (B,): neighbours among `POOL` times as many."""
        size = min(batch_size, len(self.sizes))
        order = torch.randperm(len(self.sizes), generator=generator)
        pool = self._sorted(order[: POOL * size])
        number = int(torch.randint(len(pool) // size, (1,), generator=generator))
        return pool[number * size : (number + 1) * size]

    def consecutive(self, batch_size: int) -> Iterator[torch.Tensor]:
        """Every row once, from the smallest to the largest, (B,) at a time."""
        yield from self.sizes.argsort(stable=True).split(batch_size)

    def _batches(self, epoch: int, batch_size: int, seed: int) -> torch.Tensor:
        """The batches of an epoch, (batches, B)."""
        generator = torch.Generator().manual_seed(seed_of(seed, epoch))
        order = torch.randperm(len(self.sizes), generator=generator)
        order = order[: len(order) // batch_size * batch_size]
        pools = [self._sorted(pool) for pool in order.split(POOL * batch_size)]
        batches = torch.cat(pools).view(-1, batch_size)
        return batches[torch.randperm(len(batches), generator=generator)]

    def _sorted(self, rows: torch.Tensor) -> torch.Tensor:
        return rows[self.sizes[rows].argsort(stable=True)]


@dataclass(frozen=True, eq=False)
class LabelledBatch:
    """B texts and their classes.

    Fields:
        ids: (B, T), `PADDING` after the end of a text.
        classes: (B,) from 0 to K - 1.
        numbers: (B,) which example each row is.
    """

    ids: torch.Tensor
    classes: torch.Tensor
    numbers: torch.Tensor

    def to(self, device: str | torch.device) -> LabelledBatch:
        """The same batch on a device."""
        return LabelledBatch(self.ids.to(device), self.classes.to(device), self.numbers)


@dataclass(frozen=True, eq=False)
class PairBatch:
    """B sources and their targets.

    Fields:
        source: (B, S), `PADDING` after the end of a source.
        ids: (B, T) what the decoder reads: the start, then the target; `PADDING` after its end.
        targets: (B, T) what follows each of `ids`, at last the end; `IGNORED` after it.
        numbers: (B,) which pair each row is.
    """

    source: torch.Tensor
    ids: torch.Tensor
    targets: torch.Tensor
    numbers: torch.Tensor

    def to(self, device: str | torch.device) -> PairBatch:
        """The same batch on a device."""
        tensors = (self.source.to(device), self.ids.to(device), self.targets.to(device))
        return PairBatch(*tensors, self.numbers)


class LabelledIds:
    """Labelled texts as ids.

    Args:
        texts: N rows.
        classes: N classes, from 0.
    """

    def __init__(self, texts: Sequence[Sequence[int]], classes: Sequence[int]) -> None:
        self.texts = Rows(texts)
        self.classes = torch.tensor(list(classes))
        self._order = Order(self.texts.lengths)

    def __len__(self) -> int:
        return len(self.texts)

    def batch(self, numbers: torch.Tensor) -> LabelledBatch:
        """The examples with these numbers, (B,)."""
        return LabelledBatch(self.texts.padded(numbers), self.classes[numbers], numbers)

    def at_step(self, step: int, batch_size: int, seed: int) -> LabelledBatch:
        """The batch that a step learns from; it depends on nothing else."""
        return self.batch(self._order.at_step(step, batch_size, seed))

    def random(self, batch_size: int, generator: torch.Generator) -> LabelledBatch:
        """A random batch of texts of similar length."""
        return self.batch(self._order.random(batch_size, generator))

    def consecutive(self, batch_size: int) -> Iterator[LabelledBatch]:
        """Every text once, from the shortest to the longest."""
        yield from map(self.batch, self._order.consecutive(batch_size))


class PairIds:
    """Pairs as ids.

    Args:
        sources: N rows.
        targets: N rows, from the start to the end.
        start: how many ids at the beginning of each target are given, and not learned.
    """

    def __init__(
        self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], start: int = 1
    ) -> None:
        self.sources, self.targets, self.start = Rows(sources), Rows(targets), start
        longest = int(self.sources.lengths.max())  # the target comes first: its logits cost most
        self._order = Order(self.targets.lengths * (longest + 1) + self.sources.lengths)

    def __len__(self) -> int:
        return len(self.sources)

    def batch(self, numbers: torch.Tensor) -> PairBatch:
        """The pairs with these numbers, (B,)."""
        whole = self.targets.padded(numbers)  # (B, T + 1)
        has_next = whole[:, 1:] != PADDING
        targets = torch.where(has_next, whole[:, 1:], IGNORED)
        targets[:, : self.start - 1] = IGNORED
        ids = torch.where(has_next, whole[:, :-1], PADDING)
        return PairBatch(self.sources.padded(numbers), ids, targets, numbers)

    def at_step(self, step: int, batch_size: int, seed: int) -> PairBatch:
        """The batch that a step learns from; it depends on nothing else."""
        return self.batch(self._order.at_step(step, batch_size, seed))

    def random(self, batch_size: int, generator: torch.Generator) -> PairBatch:
        """A random batch of pairs of similar length."""
        return self.batch(self._order.random(batch_size, generator))

    def consecutive(self, batch_size: int) -> Iterator[PairBatch]:
        """Every pair once, from the shortest target to the longest."""
        yield from map(self.batch, self._order.consecutive(batch_size))


def encode_labelled(examples: LabelledExamples, tokenizer: Tokenizer) -> LabelledIds:
    """Encode labelled texts, each in the tokenizer's frame.

    Raises:
        UnknownCharacterError: a character that the vocabulary lacks.
        TextError: a text of no token.
    """
    rows = [tokenizer.encode(text) for text in examples.texts]
    _check_filled(rows, examples.texts)
    return LabelledIds(rows, examples.classes)


def encode_pairs(
    pairs: PairExamples,
    source_tokenizer: Tokenizer,
    tokenizer: Tokenizer,
    start: Sequence[int] | None = None,
    end: int | None = None,
) -> PairIds:
    """Encode pairs: sources in their tokenizer's frame, targets from the start to the end.

    Args:
        tokenizer: of the targets; the same as the sources' where they share a vocabulary.
        start, end: the ids that open and close a target; None takes the line break for both.

    Raises:
        UnknownCharacterError: a character that a vocabulary lacks.
        TextError: a source of no token, or a vocabulary without one token for the line break.
    """
    opening = [end_token(tokenizer)] if start is None else list(start)
    closing = end_token(tokenizer) if end is None else end
    sources = [source_tokenizer.encode(text) for text in pairs.sources]
    _check_filled(sources, pairs.sources)
    targets = [[*opening, *tokenizer.encode_part(text), closing] for text in pairs.targets]
    return PairIds(sources, targets, len(opening))


def check_texts_fit(encoded: LabelledIds, block_size: int) -> None:
    """Refuse texts that are longer than a classifier reads.

    Raises:
        TextError: how many there are, and which block_size would do.
    """
    _check_fit("text", encoded.texts.lengths, "block_size", block_size)


def check_pairs_fit(encoded: PairIds, block_size: int, source_block_size: int = 0) -> None:
    """Refuse pairs that are longer than an encoder-decoder reads.

    Args:
        source_block_size: of the sources; 0 is the same as block_size.

    Raises:
        TextError: how many there are, and which size would do.
    """
    name = "source_block_size" if source_block_size else "block_size"
    _check_fit("source", encoded.sources.lengths, name, source_block_size or block_size)
    _check_fit("target", encoded.targets.lengths - 1, "block_size", block_size)


def _check_fit(what: str, lengths: torch.Tensor, name: str, size: int) -> None:
    if count := int((lengths > size).sum()):
        longest = int(lengths.max())
        raise TextError(
            f"{count:,} of {len(lengths):,} {what}s {'are' if count > 1 else 'is'} longer than the "
            f"model reads, {name} = {size}: the longest, number {int(lengths.argmax()) + 1:,}, has "
            f"{longest:,} tokens. Choose {name} = {longest}, a tokenizer of longer tokens, or "
            "leave the long ones out."
        )


def _check_filled(rows: Sequence[Sequence[int]], texts: Sequence[str]) -> None:
    if empty := [i for i, row in enumerate(rows) if not row]:
        raise TextError(
            f"the tokenizer makes no token of {brief(texts[empty[0]])} (example {empty[0] + 1:,}); "
            "choose another tokenizer, or leave it out"
        )
