"""The task of a classifier: to give each text its label."""

from __future__ import annotations

from typing import Any

import torch

from gpt.nn.config import GPTConfig
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.nn.padding import PADDING
from gpt.text.encoded import LabelledIds, encode_labelled
from gpt.text.labelled import LabelledExamples
from gpt.text.leak_free import split
from gpt.text.tokenizer import Tokenizer
from gpt.training import probes, snapshots
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.estimating import (
    as_batch,
    losses_of,
    with_hidden_tokens,
)
from gpt.training.tasks.probe_choice import readable_row, stands_for
from gpt.training.tasks.task import Batch, Numbers, Probe, Task, Watched

SHOWN = 6
"""Held-out texts of a sample."""
READABLE = 24
"""Tokens of a text that are seen at a glance."""


class Classify(Task):
    """Give each text its label, learned from labelled examples."""

    def __init__(self, run: Run, model: GPTConfig, config: TrainingConfig) -> None:
        """Read, split and encode the run's examples.

        Raises:
            CheckpointError: the run has no labelled examples.
        """
        self.config, tokenizer = config, run.tokenizer()
        self.knows_order = model.position != "none" or model.kind == "decoder"
        examples = run.examples(LabelledExamples)
        parts = split(examples)
        held_out = examples.take(parts.validation)
        self.learned = encode_labelled(examples.take(parts.training), tokenizer)
        self.held_out = encode_labelled(held_out, tokenizer)
        self.shown = _spread(held_out, SHOWN)
        self._shown_ids = encode_labelled(self.shown, tokenizer)
        most = snapshots.probe_length(model)
        own = probes.chosen(run, tokenizer, model)
        self.probe = Probe(own) if own else _probe(self.held_out, held_out, tokenizer, most)

    def batch(self, step: int, generator: torch.Generator) -> Batch:
        """The texts of a step: each comes once in an epoch."""
        size, seed, share = self.config.batch_size, self.config.seed, self.config.token_dropout
        batch = as_batch(self.learned.at_step(step, size, seed))
        ids = with_hidden_tokens(batch.ids, share, generator, close_up=not self.knows_order)
        return Batch(ids, batch.targets)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Cross-entropy between the labels."""
        return cross_entropy(logits, batch.targets, self.config.label_smoothing)

    def tokens(self, batch: Batch) -> int:
        """The tokens that are read, without padding."""
        return int((batch.ids != PADDING).sum())

    def losses(self, watched: Watched) -> Numbers | None:
        """The loss on both sides of the split, and the accuracy on held-out texts."""
        return losses_of(self.learned, self.held_out, self.config, watched, with_accuracy=True)

    @torch.no_grad()
    def sample(self, model: GPT) -> dict[str, Any]:
        """A few held-out texts, with the probability of the label that is right."""
        batch = self._shown_ids.batch(torch.arange(len(self.shown)))
        device = next(model.parameters()).device
        logits = model.eval()(batch.ids.to(device)).float().cpu()  # (B, K)
        model.train()
        given = logits.softmax(-1)[torch.arange(len(self.shown)), batch.classes]  # (B,)
        examples = [
            {"text": text, "label": self.shown.labels[k], "probability": round(p, 4)}
            for text, k, p in zip(self.shown.texts, self.shown.classes, given.tolist(), strict=True)
        ]
        lines = (f"{e['probability']:6.1%} {e['label']}: {e['text']}\n" for e in examples)
        return {"text": "".join(lines), "examples": examples}


def _probe(
    held_out: LabelledIds, examples: LabelledExamples, tokenizer: Tokenizer, most: int
) -> Probe:
    """A whole held-out text of few tokens; it is cut only if all have too many."""
    texts = held_out.texts
    characters = torch.tensor([len(text) for text in examples.texts])
    is_known = lambda row: stands_for(tokenizer, texts.row(row))  # noqa: E731
    row = readable_row(texts.lengths, characters, READABLE, most, is_known)
    return Probe(texts.row(row)[:most])


def _spread(examples: LabelledExamples, count: int) -> LabelledExamples:
    """The first examples of each label in turn."""
    of_label = [
        [i for i, k in enumerate(examples.classes) if k == n] for n in range(len(examples.labels))
    ]
    turns = max(map(len, of_label), default=0)
    order = [rows[turn] for turn in range(turns) for rows in of_label if turn < len(rows)]
    return examples.take(order[:count])
