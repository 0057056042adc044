"""The task of an encoder-decoder: to write the target of each source."""

from __future__ import annotations

from typing import Any

import torch

from gpt.inspect.translating import encoder_decoder, greedy
from gpt.nn.config import GPTConfig
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.text.documents import end_token
from gpt.text.encoded import PairIds, encode_pairs
from gpt.text.leak_free import split
from gpt.text.pairs import PairExamples
from gpt.text.tokenizer import Tokenizer
from gpt.training import snapshots
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.estimating import (
    as_batch,
    losses_of,
    with_hidden_tokens,
)
from gpt.training.tasks.probe_choice import readable_row, stands_for
from gpt.training.tasks.task import Batch, Numbers, Probe, Task, Watched
from gpt.training.translation_scores import quick_scores

SHOWN = 4
"""Held-out pairs of a sample."""
SCORED = 128
"""Held-out pairs that are translated at an evaluation."""
TOGETHER = 32
"""Pairs that are translated between two looks at what a person asks for."""
READABLE = 12
"""Tokens of a text, up to which the attention between two of them is read at a glance."""
SPARE = 8
"""Tokens that a translation may have beyond the longest reference."""


class Translate(Task):
    """Write the target of each source, learned from pairs."""

    def __init__(self, run: Run, model: GPTConfig, config: TrainingConfig) -> None:
        """Read, split and encode the run's pairs.

        Raises:
            CheckpointError: the run has no pairs.
        """
        self.config, self.tokenizer = config, run.tokenizer()
        pairs, sources = run.examples(PairExamples), run.source_tokenizer()
        parts = split(pairs)
        self.learned = encode_pairs(pairs.take(parts.training), sources, self.tokenizer)
        held_out = pairs.take(parts.validation)
        self.held_out = encode_pairs(held_out, sources, self.tokenizer)
        self.scored = pairs.take(pairs.one_source_each(parts.validation, seed=1)[:SCORED])
        self._scored_ids = encode_pairs(self.scored, sources, self.tokenizer)
        self._end = end_token(self.tokenizer)
        tokenizers = sources, self.tokenizer
        self.probe = _probe(self.held_out, held_out, tokenizers, snapshots.probe_length(model))

    def batch(self, step: int, generator: torch.Generator) -> Batch:
        """The pairs of a step: each comes once in an epoch."""
        size, seed, share = self.config.batch_size, self.config.seed, self.config.token_dropout
        batch = as_batch(self.learned.at_step(step, size, seed))
        assert batch.source is not None
        source = with_hidden_tokens(batch.source, share, generator)
        return Batch(batch.ids, batch.targets, source)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Cross-entropy over every token of the targets and their ends."""
        return cross_entropy(logits, batch.targets, self.config.label_smoothing)

    def losses(self, watched: Watched) -> Numbers | None:
        """The loss on both sides of the split."""
        return losses_of(self.learned, self.held_out, self.config, watched)

    def scores(self, watched: Watched) -> Numbers | None:
        """Scores of some held-out translations, whose every token is the likeliest one."""
        outputs: list[str] = []
        for first in range(0, len(self.scored), TOGETHER):
            rows = range(first, min(first + TOGETHER, len(self.scored)))
            outputs += self._translate(watched.model, self._scored_ids, rows)
            if watched.interrupted():
                return None
        return quick_scores(outputs, self.scored.targets, self.tokenizer)

    def sample(self, model: GPT) -> dict[str, Any]:
        """A few held-out sources, each with its reference and what the model writes."""
        rows = range(min(SHOWN, len(self.scored)))
        outputs = self._translate(model, self._scored_ids, rows)
        examples = [
            {"text": source, "reference": reference, "output": output}
            for source, reference, output in zip(
                self.scored.sources, self.scored.targets, outputs, strict=False
            )
        ]
        blocks = (
            f"{e['text']}\n  reference: {e['reference']}\n  model: {e['output']}\n"
            for e in examples
        )
        return {"text": "\n".join(blocks), "examples": examples}

    def _translate(self, model: GPT, ids: PairIds, rows: range) -> list[str]:
        sources = [ids.sources.row(row) for row in rows]
        most = int(self._scored_ids.targets.lengths.max()) + SPARE
        written = greedy(encoder_decoder(model), sources, [self._end], self._end, most)
        model.train()
        return [self.tokenizer.decode(target) for target in written]


def _probe(
    held_out: PairIds, pairs: PairExamples, tokenizers: tuple[Tokenizer, Tokenizer], most: int
) -> Probe:
    """A held-out pair of few tokens; it is cut where none can be shown whole.

    The target's end is left out.

    Args:
        tokenizers: of the sources and of the targets.
    """
    source_tokenizer, tokenizer = tokenizers
    sources, targets, start = held_out.sources, held_out.targets, held_out.start
    characters = torch.tensor(
        [len(a) + len(b) for a, b in zip(pairs.sources, pairs.targets, strict=True)]
    )
    tokens = torch.maximum(sources.lengths, targets.lengths - 1)

    def is_known(row: int) -> bool:
        written = targets.row(row)[start:-1]
        return stands_for(source_tokenizer, sources.row(row)) and stands_for(
            tokenizer, written, framed=False
        )

    row = readable_row(tokens, characters, READABLE, most, is_known)
    return Probe(targets.row(row)[:-1][:most], sources.row(row)[:most])
