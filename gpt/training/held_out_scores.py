"""How good a trained classifier or translator is on examples that it did not learn from."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from gpt.checkpoint import Checkpoint
from gpt.errors import TextError
from gpt.inspect.counting_baseline import counting_scores
from gpt.inspect.translating import beam_search, encoder_decoder, greedy
from gpt.nn.loss import cross_entropy
from gpt.text.encoded import check_pairs_fit, check_texts_fit, encode_labelled, encode_pairs
from gpt.text.labelled import LabelledExamples
from gpt.text.leak_free import split
from gpt.text.pairs import PairExamples
from gpt.training.confidence import Measured, share
from gpt.training.tasks.estimating import as_batch
from gpt.training.translation_scores import TranslationScores, translation_scores

TOGETHER = 64
"""Examples that are read at once."""
COUNTING = {"words": 1, "words and pairs of neighbours": 2}
"""What naive Bayes counts, with the longest run of words in it."""


@dataclass(frozen=True, eq=False)
class LabelScores:
    """How good a classifier is on N texts.

    Fields:
        loss: mean, in nats.
        accuracy: share of the texts whose likeliest label is right.
        confusion: (K, K) numbers of texts: a row for each right label, a column for each given one.
        counting: by what is counted, the accuracy of naive Bayes on the same texts.
        texts: N.
    """

    loss: float
    accuracy: Measured
    confusion: np.ndarray
    counting: dict[str, Measured]
    texts: int


def part_of(examples: LabelledExamples | PairExamples, part: str) -> np.ndarray:
    """The numbers of the examples in one part of the split."""
    rows: np.ndarray = getattr(split(examples), part)
    return rows


def label_scores(
    checkpoint: Checkpoint, held_out: LabelledExamples, learned: LabelledExamples | None = None
) -> LabelScores:
    """Score a classifier on labelled texts.

    Args:
        learned: the texts that it learned from; naive Bayes learns from the same. None leaves it
            out.

    Raises:
        TextError: a label that the model does not know, or texts longer than it reads.
        UnknownCharacterError: a character that its vocabulary lacks.
    """
    held_out = _of_the_models_labels(held_out, checkpoint.labels)
    logits, classes = _class_logits(checkpoint, held_out)  # (N, K), (N,)
    K, given = logits.shape[1], logits.argmax(1)
    confusion = torch.bincount(classes * K + given, minlength=K * K).view(K, K)
    right = int(confusion.diagonal().sum())
    return LabelScores(
        cross_entropy(logits, classes).item(),
        share(right, len(classes)),
        confusion.numpy(),
        by_counting(learned, held_out) if learned else {},
        len(classes),
    )


def _of_the_models_labels(examples: LabelledExamples, labels: Sequence[str]) -> LabelledExamples:
    """The same texts, their classes numbered as the model's labels are."""
    if unknown := [label for label in examples.labels if label not in labels]:
        raise TextError(
            f"the label {unknown[0]!r} is none of this model's; it knows {', '.join(labels)}"
        )
    classes = tuple(labels.index(examples.labels[k]) for k in examples.classes)
    return LabelledExamples(examples.name, examples.texts, classes, tuple(labels))


@torch.no_grad()
def _class_logits(
    checkpoint: Checkpoint, examples: LabelledExamples
) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits of every text, (N, K), and the right classes, (N,), the shortest text first."""
    encoded = encode_labelled(examples, checkpoint.tokenizer)
    check_texts_fit(encoded, checkpoint.config.block_size)
    batches = list(map(as_batch, encoded.consecutive(TOGETHER)))
    logits = [batch.logits(checkpoint.model) for batch in batches]
    return torch.cat(logits), torch.cat([batch.targets for batch in batches])


def by_counting(learned: LabelledExamples, held_out: LabelledExamples) -> dict[str, Measured]:
    """The accuracy of naive Bayes on held-out texts, by the name of what it counts."""
    K, N = len(learned.labels), len(held_out)
    score = partial(counting_scores, learned.texts, learned.classes, held_out.texts, K)
    right = {
        name: score(neighbours=length).accuracy(held_out.classes)
        for name, length in COUNTING.items()
    }
    return {name: share(round(accuracy * N), N) for name, accuracy in right.items()}


@dataclass(frozen=True)
class Translated:
    """Held-out sources with their references and what a model wrote.

    Fields:
        sources, references, outputs: N texts each.
        loss: mean over the references' tokens, in nats.
        scores: of the outputs.
    """

    sources: tuple[str, ...]
    references: tuple[str, ...]
    outputs: tuple[str, ...]
    loss: float
    scores: TranslationScores


def one_each(pairs: PairExamples, rows: Sequence[int], most: int, seed: int) -> PairExamples:
    """At most so many pairs out of some rows, one for each target, drawn by a seed."""
    chosen = pairs.one_source_each(rows, seed)
    if len(chosen) > most:
        chosen = sorted(random.Random(seed).sample(chosen, most))
    return pairs.take(chosen)


def translate_pairs(checkpoint: Checkpoint, pairs: PairExamples, beams: int = 1) -> Translated:
    """Translate the sources of some pairs, and score what comes out.

    Args:
        beams: continuations kept at each step; with 1, the likeliest token is taken.

    Raises:
        TextError: texts longer than the model reads.
        UnknownCharacterError: a character that a vocabulary lacks.
    """
    outputs = tuple(_outputs(checkpoint, pairs, beams))
    loss = pair_loss(checkpoint, pairs)
    scores = translation_scores(outputs, pairs.targets, checkpoint.tokenizer)
    return Translated(pairs.sources, pairs.targets, outputs, loss, scores)


@torch.no_grad()
def pair_loss(checkpoint: Checkpoint, pairs: PairExamples) -> float:
    """Mean loss over every token of the targets and their ends, in nats."""
    source_tokenizer, end = checkpoint.source_tokenizer, checkpoint.end
    start = checkpoint.target_start
    encoded = encode_pairs(pairs, source_tokenizer, checkpoint.tokenizer, start, end)
    check_pairs_fit(encoded, checkpoint.config.block_size, checkpoint.config.source_block_size)
    total, targets = 0.0, 0
    for batch in map(as_batch, encoded.consecutive(TOGETHER)):
        count = int((batch.targets >= 0).sum())
        total += cross_entropy(batch.logits(checkpoint.model), batch.targets).item() * count
        targets += count
    return total / targets


def _outputs(checkpoint: Checkpoint, pairs: PairExamples, beams: int) -> Iterator[str]:
    model, start, end = encoder_decoder(checkpoint.model), checkpoint.target_start, checkpoint.end
    assert end is not None  # a model of two texts has one
    sources, never = [checkpoint.source_ids(text) for text in pairs.sources], checkpoint.never
    if beams == 1:
        written = greedy(model, sources, start, end, never=never)
    else:
        written = [beam_search(model, s, start, end, beams, never=never).best for s in sources]
    yield from map(checkpoint.tokenizer.decode, written)
