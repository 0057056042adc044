"""Teachers: trained models whose mean prediction a new one learns from (distillation).

Models that differ only in their seeds err differently, so the mean of their predictions is better
than each of them. A new model that learns from this mean, in place of the one token that happened
to come next, gets near to it by itself: a text of one million characters shows each context once,
the mean says what else could have come. Source: Hinton, Vinyals and Dean (2015), "Distilling the
knowledge in a neural network".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpt.checkpoint import Checkpoint, model_config
from gpt.errors import ConfigError
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.numerals import to_text
from gpt.text.tokenizer import Tokenizer
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.weights_file import load_weights

MOST = 64
"""Teachers of one run."""


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
                "run": teacher.path.name,
                "step": int(teacher.info["weights"].get("step", 0)),
                "model": teacher.config.to_dict(),
            }
            for teacher in self.checkpoints
        ]

    @property
    def weights(self) -> dict[str, GPT]:
        """Their models, by the names of the files in which the new run keeps them."""
        return {file_name(n): teacher.model for n, teacher in enumerate(self.checkpoints)}


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
            f"teacher_share is {to_text(training.teacher_share)} and "
            f"{'no teachers are' if teachers is None else 'teachers are'} named; teachers go with "
            "a share above 0: python -m gpt train --teachers RUN RUN --set teacher_share=1"
        )
    if teachers is None:
        if training.teacher_tokens:
            raise ConfigError(
                f"teacher_tokens is {training.teacher_tokens:,} and no teachers are named, who "
                "could write them; name them with --teachers"
            )
        return
    if training.documents != "stream":
        raise ConfigError(
            f"documents is {training.documents!r}; teachers read one long text, so choose "
            "documents = stream"
        )
    if not 0 < len(teachers.checkpoints) <= MOST:
        raise ConfigError(f"{len(teachers.checkpoints)} teachers are named; name 1 to {MOST}")
    for teacher in teachers.checkpoints:
        _check(teacher, model, tokenizer)


def _check(teacher: Checkpoint, model: GPTConfig, tokenizer: Tokenizer) -> None:
    name, config = teacher.path.name, teacher.config
    if config.kind != "decoder" or config.is_classifier or config.mask != "causal":
        raise ConfigError(f"the teacher {name!r} predicts no next token; choose a decoder")
    own_size = config.vocab_size != model.vocab_size  # rows that fill up an imported model's
    if own_size or teacher.tokenizer.to_json() != tokenizer.to_json():
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
        load_weights(run.path / file_name(n), model_config(config))[0].eval().requires_grad_(False)
        for n, config in enumerate(described)
    ]
