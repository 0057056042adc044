"""Scores as `python -m gpt evaluate` prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import gpt
from gpt.training.confidence import Measured
from gpt.training.device import Device
from gpt.training.held_out_scores import LabelScores, Translated
from gpt.training.runs import Run
from gpt.training.tasks.choosing_task import task_of
from gpt.training.tasks.task import Watched
from gpt.whole_characters import shortened

SHOWN = 3
BATCHES = 100


def interval(measured: Measured) -> list[float]:
    """A measured number as plain JSON types: the value and the ends of its interval."""
    return [measured.value, measured.low, measured.high]


def percent(measured: Measured) -> str:
    """A share with its 95 % interval.

    >>> percent(Measured(0.9, 0.85, 0.94))
    '90.0 % (85.0 to 94.0)'
    """
    return f"{measured.value:.1%} ({100 * measured.low:.1f} to {100 * measured.high:.1f})".replace(
        "%", " %"
    )


def print_labels(scores: LabelScores, labels: Sequence[str], part: str) -> None:
    """Print the accuracy beside that of counting, and which labels are taken for which."""
    print(f"{part}: {scores.texts:,} texts, loss {scores.loss:.4f} nats")
    print(f"accuracy {percent(scores.accuracy)}")
    for name, measured in scores.counting.items():
        print(f"naive Bayes on {name}: {percent(measured)}")
    print("\nright label (rows), given label (columns)")
    print_matrix(scores.confusion, labels)


def print_matrix(matrix: np.ndarray, labels: Sequence[str]) -> None:
    """Print (K, K) counts with the names of rows and columns."""
    names = [shortened(label, 20) for label in labels]
    width = max(7, *map(len, names))
    print(" ".join([" " * width, *(f"{name:>{width}}" for name in names)]))
    for name, row in zip(names, matrix, strict=True):
        print(" ".join([f"{name:>{width}}", *(f"{count:>{width},}" for count in row)]))


def print_translations(done: Translated, part: str, beams: int, seed: int) -> None:
    """Print the scores of translations with their signatures, and a few of them."""
    scores, how = done.scores, "greedy" if beams == 1 else f"{beams} beams"
    print(f"{part}: {scores.sentences:,} sentences, one for each target (seed {seed}), {how}")
    print(f"loss {done.loss:.4f} nats a token of the reference")
    for name, measured, signature in (
        ("BLEU", scores.bleu, scores.signatures[0]),
        ("chrF", scores.chrf, scores.signatures[1]),
    ):
        ends = f"{measured.low:.1f} to {measured.high:.1f}"
        print(f"{name} {measured.value:.1f} ({ends})  {signature}")
    print(f"exact match {percent(scores.exact_match)}\n")
    for n in range(min(SHOWN, scores.sentences)):
        print(f"{done.sources[n]}\n  reference: {done.references[n]}\n  model: {done.outputs[n]}")


def hidden_words(checkpoint: gpt.Checkpoint, folder: Run) -> dict[str, Any]:
    """Estimate how well hidden words are filled in, print it, and return it."""
    plan = replace(folder.training_config(), eval_batches=BATCHES)
    task = task_of(folder, checkpoint.config, plan)
    numbers = task.losses(Watched(checkpoint.model, checkpoint.model, Device("cpu", False)))
    assert numbers is not None
    loss, accuracy = numbers["val_loss"], numbers["accuracy"]
    print(f"hidden words: loss {loss:.4f} nats, {accuracy:.1%} right ({BATCHES} random batches)")
    return {"val_loss": loss}
