"""Teachers: trained models whose mean prediction a new one learns from (distillation).

Models that differ only in their seeds err differently, so the mean of their predictions is better
than each of them. A new model that learns from this mean, in place of the one token that happened
to come next, gets near to it by itself: a text of one million characters shows each context once,
the mean says what else could have come. Source: Hinton, Vinyals and Dean (2015), "Distilling the
knowledge in a neural network".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from gpt import memory
from gpt.checkpoint import Checkpoint, model_config
from gpt.errors import ConfigError, TrainingError
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.text.tokenizer import Tokenizer
from gpt.training.device import Device
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.task import Batch
from gpt.weights_file import load_weights

MOST = 64
"""Teachers of one run."""
WINDOWS = 32
"""Windows of a text that a teacher reads at once."""
NUMBER_BYTES = 2  # of a probability in float16


@dataclass(frozen=True)
class Teachers:
    """The runs that a new one learns from, which keeps their weights.

    Fields:
        checkpoints: at least one, up to `MOST`.
    """

    checkpoints: tuple[Checkpoint, ...]

    def describe(self) -> list[dict[str, Any]]:
        """What the new run's config says of them, as plain JSON types."""
        return [
            {
                "run": one.path.name,
                "step": int(one.info["weights"].get("step", 0)),
                "model": one.config.to_dict(),
            }
            for one in self.checkpoints
        ]

    @property
    def weights(self) -> dict[str, GPT]:
        """Their models, by the names of the files in which the new run keeps them."""
        return {file_name(n): one.model for n, one in enumerate(self.checkpoints)}


def file_name(number: int) -> str:
    """The file of one teacher, counted from 0, in the folder of the run that it teaches."""
    return f"teacher-{number}.safetensors"


def check_teachers(
    teachers: Teachers | None, model: GPTConfig, training: TrainingConfig, tokenizer: Tokenizer
) -> None:
    """Refuse teachers that a run cannot learn from, and a share without teachers.

    Raises:
        ConfigError: naming the teacher, or the setting, and what would work.
    """
    if (teachers is not None) != bool(training.teacher_share):
        raise ConfigError(
            f"teacher_share is {training.teacher_share:g} and "
            f"{'no teachers are' if teachers is None else 'teachers are'} named; teachers go with "
            "a share above 0: python -m gpt train --teachers RUN RUN --set teacher_share=1"
        )
    if teachers is None:
        return
    if training.documents != "stream":
        raise ConfigError(
            f"documents is {training.documents!r}; teachers read one long text, so choose "
            "documents = stream"
        )
    if not 0 < len(teachers.checkpoints) <= MOST:
        raise ConfigError(f"{len(teachers.checkpoints)} teachers are named; name 1 to {MOST}")
    for one in teachers.checkpoints:
        _check(one, model, tokenizer)


def _check(teacher: Checkpoint, model: GPTConfig, tokenizer: Tokenizer) -> None:
    name, config = teacher.path.name, teacher.config
    if config.kind != "decoder" or config.is_classifier:
        raise ConfigError(f"the teacher {name!r} predicts no next token; choose a decoder")
    if teacher.tokenizer.to_json() != tokenizer.to_json():
        raise ConfigError(
            f"the teacher {name!r} reads other tokens than the new run; train both on the same "
            "text with the same tokenizer"
        )
    if config.block_size < model.block_size:
        raise ConfigError(
            f"the teacher {name!r} reads up to {config.block_size:,} tokens, and the new run up to "
            f"{model.block_size:,}; choose block_size = {config.block_size} or less"
        )


def read_teachers(run: Run) -> list[GPT]:
    """The teachers of a run, in evaluation mode; none if it has none.

    Raises:
        CheckpointError: their weights are damaged, or did not come with the folder.
    """
    described = run.config().get("teachers") or []
    return [
        load_weights(run.path / file_name(n), model_config(one))[0].eval().requires_grad_(False)
        for n, one in enumerate(described)
    ]


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
        came = torch.full_like(mixed[..., :1], 1 - share)
        return mixed.scatter_add_(-1, self.targets[..., None], came)


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
def mean_predictions(teachers: Sequence[GPT], ids: torch.Tensor, device: Device) -> torch.Tensor:
    """What the teachers expect after each token of a text, on average.

    They read it in windows that overlap by half, so that each prediction follows at least half a
    window of context, as far as the text has it.

    Args:
        ids: (N,) of the whole text.

    Returns:
        (N, V) probabilities in float16, on the processor.

    Raises:
        TrainingError: there is no memory for them.
    """
    V = teachers[0].config.vocab_size
    T = min(len(ids), *(teacher.config.block_size for teacher in teachers))
    check_room(len(ids), V)
    said = torch.zeros(len(ids), V, dtype=torch.float16)
    starts = [*range(0, len(ids) - T, max(1, T // 2)), len(ids) - T]
    for teacher in teachers:
        teacher.to(device.name)
    for first in range(0, len(starts), WINDOWS):
        some = starts[first : first + WINDOWS]
        blocks = torch.stack([ids[start : start + T] for start in some]).to(device.name)
        for start, probs in zip(some, _mean(teachers, blocks, device).cpu(), strict=True):
            new = T // 2 if start else 0
            said[start + new : start + T] = probs[new:]
    return said


def _mean(teachers: Sequence[GPT], ids: torch.Tensor, device: Device) -> torch.Tensor:
    """(B, T) ids to (B, T, V) mean probabilities."""
    with device.autocast():
        logits = [teacher(ids) for teacher in teachers]
    return torch.stack([of_one.float().softmax(-1) for of_one in logits]).mean(0)
