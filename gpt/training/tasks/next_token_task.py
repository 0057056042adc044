"""The task of a decoder: to predict the token that comes next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F

from gpt.inspect.generation import generate, write_documents
from gpt.nn.config import GPTConfig
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.text import cutting
from gpt.text.documents import Documents, draw, end_token
from gpt.text.splitting import Ids
from gpt.text.tokenizer import Tokenizer
from gpt.training import device as devices
from gpt.training import probes, snapshots
from gpt.training.evaluate import estimate_loss
from gpt.training.lessons import Lessons, TaughtBatch, ask
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.stored_text import ids_of
from gpt.training.tasks.task import Batch, Numbers, Probe, Task, Watched
from gpt.training.teachers import read_teachers

SEARCHED = 1024
"""Tokens of the held-out text among which a line's beginning is looked for."""


class NextToken(Task):
    """Predict every next token of blocks that are cut at random out of a text."""

    def __init__(self, run: Run, model: GPTConfig, config: TrainingConfig) -> None:
        """Read and split the run's text, and its teachers if it has any.

        Raises:
            CheckpointError: the folder came without its text or its teachers.
        """
        self.config, self.block_size, self.tokenizer = config, model.block_size, run.tokenizer()
        self.learned, self.held_out = ids_of(run, self.tokenizer, config.documents)
        self.probe = Probe(probe_of(run, self.tokenizer, self.held_out, model))
        self.teachers = read_teachers(run)
        self.lessons: Lessons | None = None

    def prepare(self, interrupted: Callable[[], bool]) -> bool:
        """Ask the teachers once, if there are any, for all that is learned from them.

        Raises:
            TrainingError: there is no memory for their answers.
        """
        if not self.teachers:
            return True
        assert isinstance(self.learned, torch.Tensor)
        device, tokens = devices.choose(self.config), self.config.teacher_tokens
        self.lessons = ask(
            self.teachers, self.learned, self.block_size, tokens, device, interrupted
        )
        return self.lessons is not None

    def batch(self, step: int, generator: torch.Generator) -> Batch:
        """Random blocks of the text, and the same shifted by one."""
        cuts = min(self.config.cuts(step), self.block_size)
        length, count = self.block_size // cuts, self.config.batch_size * cuts
        if self.lessons is not None:
            return self.lessons.batch(length, count, generator)
        return Batch(*draw(self.learned, length, count, generator))

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Cross-entropy over every position with a target: of the token, or of the teachers."""
        if not isinstance(batch, TaughtBatch):
            return cross_entropy(logits, batch.targets)
        targets = batch.mixed(self.config.teacher_share)  # (B, T, V)
        return F.cross_entropy(logits.flatten(0, -2).float(), targets.flatten(0, -2))

    def losses(self, watched: Watched) -> Numbers | None:
        """Estimate the loss on both sides of the split."""
        train_loss = self._estimate(self.learned, watched)
        val_loss = self._estimate(self.held_out, watched) if train_loss is not None else None
        if train_loss is None or val_loss is None:
            return None
        return {"train_loss": train_loss, "val_loss": val_loss}

    def _estimate(self, ids: Ids, watched: Watched) -> float | None:
        return estimate_loss(
            watched.model,
            watched.forward,
            ids,
            self.block_size,
            self.config.batch_size,
            self.config.eval_batches,
            watched.device,
            seed=self.config.seed,
            interrupted=watched.interrupted,
        )

    def sample(self, model: GPT) -> dict[str, Any] | None:
        """A text that the model writes now, the same for the same weights."""
        if not self.config.sample_tokens:
            return None
        is_lines = self.config.documents == "lines"
        ids = self._document_ids(model) if is_lines else self._ids(model)
        model.train()
        # The stream keeps back the first bytes of a character that the sample's end cuts off.
        return {"text": "".join(map(self.tokenizer.stream().add, ids))}

    def _ids(self, model: GPT) -> list[int]:
        tokens, seed = self.config.sample_tokens, self.config.seed
        return [step.id for step in generate(model, self._start(), tokens, seed=seed)]

    def _document_ids(self, model: GPT) -> list[int]:
        tokens, seed = self.config.sample_tokens, self.config.seed
        end = end_token(self.tokenizer)
        documents = write_documents(model, self._start(), end, tokens, seed=seed)
        return [id for document in documents for id in document]

    def _start(self) -> list[int]:
        if self.config.documents == "lines":
            return [end_token(self.tokenizer)]
        return cutting.shortest(self.tokenizer, self.probe.ids)


def probe_of(run: Run, tokenizer: Tokenizer, held_out: Ids, model: GPTConfig) -> list[int]:
    """The probe that a person chose for a run, or else the beginning of the held-out text.

    A run that goes on keeps the probe of its snapshots, so that they can be compared.
    """
    if own := probes.chosen(run, tokenizer, model):
        return own
    first = snapshots.first(run.path, model)
    known = None if first is None else first.ids.tolist()
    return known or beginning(tokenizer, held_out, snapshots.probe_length(model))


def beginning(tokenizer: Tokenizer, held_out: Ids, most: int) -> list[int]:
    """The first ids of the held-out text, from the beginning of a line on.

    They are of one document, without the token that ends it.
    """
    text = held_out.longest()[:-1] if isinstance(held_out, Documents) else held_out
    ids = text[: SEARCHED + most + cutting.LONGEST_CHARACTER].tolist()
    start = line_start(tokenizer.pieces(ids[:SEARCHED]))
    ids = ids[start if start + most <= len(ids) else 0 :][: most + cutting.LONGEST_CHARACTER]
    return cutting.beginning(tokenizer, ids, most)


def line_start(pieces: Sequence[str]) -> int:
    r"""The number of the first token that begins a line after another one; 0 if none does.

    >>> line_start(["ter", " end", ".", "\n", "\n", "A", " new", " line"])
    5
    """
    starts = (
        number
        for number, (before, piece) in enumerate(pairwise(pieces), start=1)
        if before.endswith("\n") and piece[:1].strip()
    )
    return next(starts, 0)
