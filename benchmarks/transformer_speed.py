"""Training speed of an encoder and an encoder-decoder, beside PyTorch's own Transformer layers.

Both have the same sizes, learn from the same batches of random texts, by length, with AdamW, in the
precision of the preset. The two take turns, each in a process of its own; a step's time holds its
batch, both passes, clipping and the optimizer. Tokens are those that are read, without padding.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import torch
from torch import nn

from benchmarks import torch_layers
from benchmarks.report import Report, Row, in_own_process, median, parser, progress
from gpt import process
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.loss import cross_entropy
from gpt.nn.padding import PADDING
from gpt.text.encoded import LabelledIds, PairIds
from gpt.training import device as devices
from gpt.training.optimizers import Optimizers
from gpt.training.presets import find
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.estimating import as_batch
from gpt.training.tasks.task import Batch

NAME = "transformer_speed"
VOCABULARIES = {"sentiment": 8000, "translation": 6000}
EXAMPLES = 20_000
ROUNDS = 3
CHANGES: dict[str, dict[str, Any]] = {
    "sentiment": dict(n_embd=64, norm="pre", position="rotary"),
    "translation": {},
}
"""PyTorch's layers have norms and positions, and 16 channels take no time to speak of."""
STEPS = {"sentiment": 60, "translation": 8}
"""Steps of a turn that count; a third as many more come before them."""
OURS, THEIRS = "ours", "torch.nn"
LABELS = 2


def main() -> None:
    """Measure both presets with both kinds of layers."""
    options = _options()
    if options.worker:
        print(json.dumps(_measure(json.loads(options.worker))))
        return
    report = Report(NAME, options)
    rows = [row for preset in STEPS for row in _rows(preset, options.quick)]
    notes = [
        "ratio: to PyTorch's layers, from the same turns",
        "AdamW for all; bfloat16 autocast where the preset and the processor have it",
    ]
    report.finish({"Training speed": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--worker", help=argparse.SUPPRESS)
    return arguments.parse_args()


def _rows(preset: str, is_quick: bool) -> list[Row]:
    rounds, steps = (1, 4) if is_quick else (ROUNDS, STEPS[preset])
    taken: dict[str, list[dict[str, Any]]] = {THEIRS: [], OURS: []}
    for turn, layers in product(range(rounds), taken):
        progress(f"turn {turn + 1} of {rounds}: {preset}, {layers}")
        task = {"preset": preset, "layers": layers, "steps": steps}
        taken[layers].append(in_own_process(NAME, task))
        progress(f"  {median(taken[layers][-1]['speeds']):,.0f} tokens/s")
    speeds = {
        layers: median(speed for run in runs for speed in run["speeds"])
        for layers, runs in taken.items()
    }
    return [
        {
            "preset": preset,
            "layers": layers,
            "parameters": runs[0]["parameters"],
            "bfloat16": runs[0]["bfloat16"],
            "tokens/s": speeds[layers],
            "ratio": speeds[layers] / speeds[THEIRS],
        }
        for layers, runs in taken.items()
    ]


def _measure(task: dict[str, Any]) -> dict[str, Any]:
    """In the worker: train a little; the speed of every step after the first ones."""
    process.keep_buffers()
    preset, V = find(task["preset"]), VOCABULARIES[task["preset"]]
    of_task = {"n_class": LABELS} if preset.task == "classify" else {}
    config = preset.model_config(V, **of_task, **CHANGES[task["preset"]])
    training = replace(preset.training_config(), optimizer="adamw")
    torch.manual_seed(1)
    model = build(config) if task["layers"] == OURS else torch_layers.build(config)
    batches, optimizers = _batches(config, training), Optimizers(model.train(), training)
    steps = range(task["steps"] + task["steps"] // 3)
    speeds = [_step(model, optimizers, batches(n), training) for n in steps]
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "bfloat16": devices.choose(training).bfloat16,
        "speeds": speeds[len(speeds) // 4 :],
    }


def _step(
    model: nn.Module, optimizers: Optimizers, draw: Callable[[], Batch], training: TrainingConfig
) -> float:
    """Learn from one batch; return how many tokens a second that was."""
    started = time.perf_counter()
    batch = draw()
    with devices.choose(training).autocast():
        logits = batch.logits(model)
    cross_entropy(logits, batch.targets, training.label_smoothing).backward()
    nn.utils.clip_grad_norm_(model.parameters(), training.grad_clip)
    optimizers.step()
    return _tokens(batch) / (time.perf_counter() - started)


def _tokens(batch: Batch) -> int:
    texts = [batch.ids] if batch.source is None else [batch.ids, batch.source]
    return sum(int((text != PADDING).sum()) for text in texts)


def _batches(config: GPTConfig, training: TrainingConfig) -> Callable[[int], Callable[[], Batch]]:
    """From a step to what makes its batch: random texts of 4 to 30 tokens."""
    rng, V = random.Random(1), config.vocab_size

    def text(start: int = 0) -> list[int]:
        return [start, *(rng.randrange(V) for _ in range(rng.randint(4, 30)))]

    examples: LabelledIds | PairIds
    if config.is_classifier:
        classes = [rng.randrange(LABELS) for _ in range(EXAMPLES)]
        examples = LabelledIds([text() for _ in classes], classes)
    else:
        examples = PairIds(*([text() for _ in range(EXAMPLES)] for _ in range(2)))
    return lambda step: lambda: as_batch(examples.at_step(step, training.batch_size, 1))


if __name__ == "__main__":
    main()
