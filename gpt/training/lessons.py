"""Lessons: what the teachers of a run expect after each token of its text, and texts of their own.

Teachers know the text that they learned from, so what they expect there is half a memory. What they
write themselves nobody has learned by heart: after it they say what they know of any such text.
Source: Kim, Kotha, Liang and Hashimoto (2025), "Pre-training under infinite compute", distil an
ensemble by what it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from gpt import memory
from gpt.errors import TrainingError
from gpt.nn.cache import KVCache
from gpt.nn.model import GPT
from gpt.text.batches import random_blocks
from gpt.training.device import Device
from gpt.training.tasks.task import Batch

WINDOWS = 32
"""Windows of a text that a teacher reads at once, at most."""
LOGITS = 2**24
"""Logits that a teacher gives at once, at most, if one window has no more."""
ROWS = 512
"""Texts that a teacher writes at once."""
NUMBER_BYTES = 2  # of a probability in float16


@dataclass(frozen=True)
class TaughtBatch(Batch):
    """Blocks of a text with what the teachers expect after each token.

    Fields:
        expected: (B, T, V) the teachers' mean probabilities.
    """

    expected: torch.Tensor | None = None

    def to(self, device: str) -> TaughtBatch:
        """The same batch on a device."""
        assert self.expected is not None
        return replace(
            self,
            ids=self.ids.to(device),
            targets=self.targets.to(device),
            expected=self.expected.to(device),
        )

    def parts(self, count: int) -> list[Batch]:
        """So many batches of its rows, in order; the first ones may have one row more."""
        assert self.expected is not None
        parts = zip(super().parts(count), self.expected.tensor_split(count), strict=True)
        return [TaughtBatch(part.ids, part.targets, expected=expected) for part, expected in parts]

    def mixed(self, share: float) -> torch.Tensor:
        """(B, T, V) what is learned: `share` of the teachers, the rest of the token that came."""
        assert self.expected is not None
        mixed = share * self.expected.float()
        observed = torch.full_like(mixed[..., :1], 1 - share)
        return mixed.scatter_add_(-1, self.targets[..., None], observed)


@dataclass(frozen=True)
class Lessons:
    """What is learned from teachers.

    Fields:
        ids: (N,) the text.
        expected: (N, V) what they expect after each of its tokens, in float16.
        written: (R, T + 1) what they wrote themselves.
        expected_there: (R, T, V) what they expect after each of its tokens but the last.
    """

    ids: torch.Tensor
    expected: torch.Tensor
    written: torch.Tensor
    expected_there: torch.Tensor

    def batch(self, length: int, count: int, generator: torch.Generator) -> TaughtBatch:
        """Random blocks of the text, (B, T); if teachers wrote, half of them are of theirs."""
        R, T = self.expected_there.shape[:2]
        theirs = count // 2 if R else 0
        at, after = random_blocks(torch.arange(len(self.ids)), length, count - theirs, generator)
        ids, targets, expected = self.ids[at], self.ids[after], self.expected[at]
        if theirs:
            row = torch.randint(R, (theirs, 1), generator=generator)
            start = torch.randint(T // length, (theirs, 1), generator=generator) * length
            at = start + torch.arange(length)
            ids = torch.cat((ids, self.written[row, at]))
            targets = torch.cat((targets, self.written[row, at + 1]))
            expected = torch.cat((expected, self.expected_there[row, at]))
        return TaughtBatch(ids, targets, expected=expected)


def ask(
    teachers: Sequence[GPT],
    ids: torch.Tensor,
    block_size: int,
    tokens: int,
    device: Device,
    interrupted: Callable[[], bool] = lambda: False,
) -> Lessons | None:
    """Let the teachers read a text, write as many tokens, and say what they expect in both.

    Args:
        ids: (N,) of the text.
        block_size: of the model that learns from them (T).
        tokens: that they write, rounded up to whole texts of T + 1, the same number each.
        interrupted: asked now and then; True ends it.

    Returns:
        None if it was interrupted.

    Raises:
        TrainingError: there is no memory for what they expect.
    """
    V = teachers[0].config.vocab_size
    check_room(len(ids) + tokens, V)
    for teacher in teachers:
        teacher.to(device.name)
    each = -(-tokens // (len(teachers) * (block_size + 1)))
    written = torch.empty(len(teachers) * each, block_size + 1, dtype=torch.long)
    for n, teacher in enumerate(teachers):
        generator = torch.Generator().manual_seed(n)
        starts = ids[torch.randint(len(ids), (each, 1), generator=generator)]
        for first in range(0, each, ROWS):
            some = starts[first : first + ROWS]
            rows = write(teacher, some, block_size + 1, device, generator)
            written[n * each + first :][: len(rows)] = rows
            if interrupted():
                return None
    expected = torch.empty(*written[:, 1:].shape, V, dtype=torch.float16)
    together = _together(block_size, V)
    for first in range(0, len(written), together):
        rows = written[first : first + together, :-1].to(device.name)
        expected[first : first + together] = _mean(teachers, rows, device).cpu()
        if interrupted():
            return None
    in_text = mean_predictions(teachers, ids, device, interrupted)
    return None if in_text is None else Lessons(ids, in_text, written, expected)


@torch.no_grad()
def write(
    teacher: GPT, starts: torch.Tensor, length: int, device: Device, generator: torch.Generator
) -> torch.Tensor:
    """Texts that a teacher writes: each next token is drawn from what it expects.

    Args:
        starts: (R, 1) the first token of each.

    Returns:
        (R, length) ids.
    """
    ids = starts
    rows = [ids]
    cache = KVCache(teacher.config, next(teacher.parameters()), batch=len(starts))
    while len(rows) < length:
        with device.autocast():
            logits = teacher(ids.to(device.name), cache=cache)  # (R, 1, V)
        ids = torch.multinomial(logits[:, -1].float().softmax(-1).cpu(), 1, generator=generator)
        rows.append(ids)
    return torch.cat(rows, dim=1)


def check_room(tokens: int, vocab_size: int) -> None:
    """Refuse a text whose predictions do not fit in memory.

    Raises:
        TrainingError: the message says what they take and what there is.
    """
    memory.require(
        NUMBER_BYTES * tokens * vocab_size,
        f"what the teachers expect after each of {tokens:,} tokens, {vocab_size:,} probabilities "
        "each,",
        "choose a shorter text or a smaller vocabulary",
        TrainingError,
        memory.available(),
    )


@torch.no_grad()
def mean_predictions(
    teachers: Sequence[GPT],
    ids: torch.Tensor,
    device: Device,
    interrupted: Callable[[], bool] = lambda: False,
) -> torch.Tensor | None:
    """What the teachers expect after each token of a text, on average.

    They read it in windows that overlap by half, so that each prediction follows at least half a
    window of context, as far as the text has it.

    Args:
        ids: (N,) of the whole text.
        interrupted: asked now and then; True ends it.

    Returns:
        (N, V) probabilities in float16, on the processor; None if it was interrupted.
    """
    V = teachers[0].config.vocab_size
    T = min(len(ids), *(teacher.config.block_size for teacher in teachers))
    expected = torch.zeros(len(ids), V, dtype=torch.float16)
    starts = [*range(0, len(ids) - T, max(1, T // 2)), len(ids) - T]
    together = _together(T, V)
    for first in range(0, len(starts), together):
        some = starts[first : first + together]
        blocks = torch.stack([ids[start : start + T] for start in some]).to(device.name)
        for start, probs in zip(some, _mean(teachers, blocks, device).cpu(), strict=True):
            new = T // 2 if start else 0
            expected[start + new : start + T] = probs[new:]
        if interrupted():
            return None
    return expected


def _together(T: int, V: int) -> int:
    """How many windows of T tokens are read at once."""
    return max(1, min(WINDOWS, LOGITS // (T * V)))


@torch.no_grad()
def _mean(teachers: Sequence[GPT], ids: torch.Tensor, device: Device) -> torch.Tensor:
    """(B, T) ids to (B, T, V) mean probabilities."""
    total = torch.zeros(*ids.shape, teachers[0].config.vocab_size, device=ids.device)
    for teacher in teachers:
        with device.autocast():
            logits = teacher(ids)  # (B, T, V)
        total += logits.float().softmax(-1)
    return total / len(teachers)
