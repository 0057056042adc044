"""A trained translator beside PyTorch's own Transformer layers, on the same held-out sentences.

PyTorch's model has the sizes of the run's, learns from the run's own batches with AdamW for as many
seconds of steps as the run did, and is scored on the same sentences. Name a run of the preset
`translation`, and train both on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

import gpt
from benchmarks import torch_layers
from benchmarks.report import Report, Row, parser, progress
from gpt import process
from gpt.checkpoint import Checkpoint
from gpt.inspect.translating import padded
from gpt.nn.loss import cross_entropy
from gpt.text.encoded import PairIds, encode_pairs
from gpt.text.pairs import PairExamples
from gpt.training import device as devices
from gpt.training.held_out_scores import one_each, part_of, translate_pairs
from gpt.training.optimizers import Optimizers
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.estimating import as_batch
from gpt.training.translation_scores import TranslationScores, translation_scores

NAME = "translation_quality"
SENTENCES = 2000
RATE, WARMUP = 1e-3, 0.05
"""AdamW's highest learning rate, and the share of the time in which it rises to it."""
TOGETHER = 64
"""Sentences that are translated at once."""
QUICK_SECONDS = 10.0


def main() -> None:
    """Train PyTorch's layers for the run's time, and score both."""
    options = _options()
    process.keep_buffers()
    report = Report(NAME, options)
    run, checkpoint = Run(options.run), gpt.load(options.run)
    pairs, plan = run.examples(PairExamples), run.training_config()
    seconds = QUICK_SECONDS if options.quick else _seconds(run)
    test = one_each(pairs, part_of(pairs, "test").tolist(), 100 if options.quick else SENTENCES, 1)
    ours = translate_pairs(checkpoint, test).scores
    progress(f"{run.path.name}: BLEU {ours.bleu.value:.1f}")
    learned = _encoded(checkpoint, pairs.take(part_of(pairs, "training").tolist()))
    model = torch_layers.build(checkpoint.config)
    steps = _train(model, learned, replace(plan, optimizer="adamw", learning_rate=RATE), seconds)
    written = _translations(model, checkpoint, test.sources)
    theirs = translation_scores(written, test.targets, checkpoint.tokenizer)
    done = int(checkpoint.info["weights"]["step"])
    rows = [
        _row("ours", checkpoint.model, done, plan.batch_size, ours),
        _row("torch.nn.Transformer", model, steps, plan.batch_size, theirs),
    ]
    report.finish(
        {"Translation": rows}, [f"{seconds:,.0f} seconds of steps each", *ours.signatures]
    )


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("run", type=Path, help="run folder")
    return arguments.parse_args()


def _seconds(run: Run) -> float:
    """How long a run's steps took, without its evaluations."""
    return float(run.metrics()[-1]["seconds"])


def _encoded(checkpoint: Checkpoint, pairs: PairExamples) -> PairIds:
    start, end = checkpoint.target_start, checkpoint.end
    return encode_pairs(pairs, checkpoint.source_tokenizer, checkpoint.tokenizer, start, end)


def _train(model: nn.Module, learned: PairIds, plan: TrainingConfig, seconds: float) -> int:
    """Learn for so many seconds; return the number of steps."""
    optimizers, taken, step = Optimizers(model.train(), plan), 0.0, 0
    while taken < seconds:
        started = time.perf_counter()
        part = taken / seconds
        optimizers.set_rate(min(part / WARMUP, 1.0) * (1 - part) + 1e-3)
        batch = as_batch(learned.at_step(step, plan.batch_size, plan.seed))
        with devices.choose(plan).autocast():
            logits = batch.logits(model)
        loss = cross_entropy(logits, batch.targets, plan.label_smoothing)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), plan.grad_clip)
        optimizers.step()
        taken, step = taken + time.perf_counter() - started, step + 1
        if step % 100 == 0:
            progress(f"torch.nn.Transformer: step {step:,}, {taken:,.0f} s, loss {loss.item():.3f}")
    return step


@torch.no_grad()
def _translations(model: nn.Module, checkpoint: Checkpoint, texts: Sequence[str]) -> list[str]:
    """What PyTorch's model writes, the likeliest token each time."""
    model.eval()
    sources = [checkpoint.source_ids(text) for text in texts]
    order = sorted(range(len(sources)), key=lambda n: len(sources[n]))
    outputs = [""] * len(texts)
    for first in range(0, len(order), TOGETHER):
        rows = order[first : first + TOGETHER]
        for n, ids in zip(
            rows, _written(model, checkpoint, [sources[n] for n in rows]), strict=True
        ):
            outputs[n] = checkpoint.tokenizer.decode(ids)
    return outputs


def _written(
    model: nn.Module, checkpoint: Checkpoint, sources: Sequence[Sequence[int]]
) -> list[list[int]]:
    start, end = checkpoint.target_start, checkpoint.end
    assert end is not None  # a model of two texts has one
    source = padded(sources)  # (B, S)
    ids = torch.tensor([list(start)] * len(sources))  # (B, T)
    is_open = torch.ones(len(sources), dtype=torch.bool)
    while is_open.any() and ids.shape[1] < checkpoint.config.block_size:
        logits = model(ids, source=source)[:, -1]  # (B, V)
        logits[:, list(checkpoint.never)] = -torch.inf
        chosen = torch.where(is_open, logits.argmax(-1), end)
        ids = torch.cat([ids, chosen[:, None]], 1)
        is_open &= chosen != end
    rows = [row[len(start) :] for row in ids.tolist()]
    return [row[: row.index(end)] if end in row else row for row in rows]


def _row(
    layers: str, model: nn.Module, steps: int, batch_size: int, scores: TranslationScores
) -> Row:
    return {
        "layers": layers,
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": steps,
        "pairs a step": batch_size,
        "BLEU": scores.bleu.value,
        "chrF": scores.chrf.value,
        "exact match": scores.exact_match.value,
    }


if __name__ == "__main__":
    main()
