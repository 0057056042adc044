"""Training speed beside a GPT of nanoGPT's design: same sizes, same batches, AdamW for both.

The other is a plain GPT (`benchmarks.plain_gpt`), or nanoGPT itself: `--nanogpt FILE` takes its
`model.py`. It runs in float32, as nanoGPT does on a processor; ours in float32 and bfloat16.
They take turns, each in a process of its own; a step's time holds its batch, both passes, clipping
and the optimizer.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks.plain_gpt import PlainGPT
from benchmarks.report import Report, Row, in_own_process, median, parser, progress
from gpt import process
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.loss import cross_entropy
from gpt.training import device as devices
from gpt.training.optimizers import Optimizers
from gpt.training.presets import find
from gpt.training.settings import TrainingConfig

NAME = "nanogpt_speed"
V = 65
THEIRS, FLOAT, HALF = "the other, float32", "ours, float32", "ours, bfloat16"
STEPS = {"nanogpt-cpu": 80, "lecture": 2}
"""Steps of a turn that count; a quarter as many, or one, come before them."""
TURNS = 3


def main() -> None:
    """Measure the chosen presets."""
    options = _options()
    if options.worker:
        print(json.dumps(_measure(**json.loads(options.worker))))
        return
    report = Report(NAME, options)
    rows = [row for preset in options.presets for row in _rows(preset, options)]
    peer = "nanoGPT's model.py" if options.nanogpt else "a plain GPT of nanoGPT's design"
    notes = [
        f"beside {peer}; ratios are those of the same turns, medians of them",
        "CPU ratio: of processor seconds, which hardly depend on what else the machine does",
        "AdamW, tied embeddings and GELU for both; nanoGPT drops attention weights too, ours not",
    ]
    report.finish({"Training speed": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--presets", nargs="+", choices=list(STEPS), default=list(STEPS))
    arguments.add_argument("--nanogpt", type=Path, metavar="FILE", help="nanoGPT's model.py")
    arguments.add_argument("--turns", type=int, default=TURNS)
    arguments.add_argument("--batch", type=int, help="texts a step (default: the preset's)")
    arguments.add_argument("--worker", help=argparse.SUPPRESS)
    return arguments.parse_args()


def _rows(preset: str, options: argparse.Namespace) -> list[Row]:
    turns, steps = (1, 2) if options.quick else (options.turns, STEPS[preset])
    file = str(options.nanogpt.resolve()) if options.nanogpt else None
    taken: dict[str, list[dict[str, Any]]] = {THEIRS: [], FLOAT: [], HALF: []}
    for turn, kind in product(range(turns), taken):
        progress(f"turn {turn + 1} of {turns}: {preset}, {kind}")
        task = dict(preset=preset, kind=kind, steps=steps, nanogpt=file, batch=options.batch)
        taken[kind].append(in_own_process(NAME, task))
    return [
        {
            "preset": preset,
            "training": kind,
            "parameters": runs[0]["parameters"],
            "tokens/s": median(1 / run["seconds"] for run in runs),
            "ratio": _ratio(taken[THEIRS], runs, "seconds"),
            "CPU ratio": _ratio(taken[THEIRS], runs, "of_cpu"),
        }
        for kind, runs in taken.items()
    ]


def _ratio(theirs: list[dict[str, Any]], ours: list[dict[str, Any]], unit: str) -> float:
    return median(a[unit] / b[unit] for a, b in zip(theirs, ours, strict=True))


def _measure(
    preset: str, kind: str, steps: int, nanogpt: str | None, batch: int | None
) -> dict[str, Any]:
    """In the worker: train a little; seconds a token, by the clock and of the processor."""
    own = dict(tie_weights=True, activation="gelu")
    config = replace(find(preset).model_config(V), **own)  # type: ignore[arg-type]
    training = find(preset).training_config(
        optimizer="adamw", dtype="auto" if kind == HALF else "float32"
    )
    training = replace(training, batch_size=batch or training.batch_size)
    torch.manual_seed(1)
    made = _theirs(config, training, nanogpt) if kind == THEIRS else _ours(config, training)
    model, learn = made
    seconds, of_cpu = _timed(learn, config, training.batch_size, steps)
    parameters = sum(p.numel() for p in model.parameters())
    return {"parameters": parameters, "seconds": seconds, "of_cpu": of_cpu}


Learn = Callable[[torch.Tensor, torch.Tensor], None]


def _ours(config: GPTConfig, training: TrainingConfig) -> tuple[nn.Module, Learn]:
    process.keep_buffers()  # as `python -m gpt train` does
    model = build(config).train()
    optimizers, autocast = Optimizers(model, training), devices.choose(training).autocast

    def learn(ids: torch.Tensor, targets: torch.Tensor) -> None:
        with autocast():
            logits = model(ids)
        cross_entropy(logits, targets).backward()
        nn.utils.clip_grad_norm_(model.parameters(), training.grad_clip)
        optimizers.step()

    return model, learn


def _theirs(
    config: GPTConfig, training: TrainingConfig, file: str | None
) -> tuple[nn.Module, Learn]:
    model = (_nanogpt(Path(file), config) if file else PlainGPT(config)).train()
    betas = training.beta1, training.beta2
    decay, rate = training.weight_decay, training.learning_rate
    optimizer = model.configure_optimizers(decay, rate, betas, "cpu")

    def learn(ids: torch.Tensor, targets: torch.Tensor) -> None:
        _, loss = model(ids, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), training.grad_clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return model, learn


def _nanogpt(file: Path, config: GPTConfig) -> Any:
    """nanoGPT's model of the same sizes, out of a file that is there already."""
    spec = importlib.util.spec_from_file_location("nanogpt_model", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names = ("block_size", "vocab_size", "n_layer", "n_head", "n_embd", "dropout", "bias")
    return module.GPT(module.GPTConfig(**{name: getattr(config, name) for name in names}))


def _timed(learn: Learn, config: GPTConfig, batch: int, steps: int) -> tuple[float, float]:
    """Seconds a token of steps on random texts, medians, by the clock and of the processor."""
    generator, T = torch.Generator().manual_seed(1), config.block_size
    seconds, of_cpu = [], []
    before = max(1, steps // 4)
    for _ in range(before + steps):
        began, used = time.perf_counter(), time.process_time()
        drawn = torch.randint(V, (batch, T + 1), generator=generator)
        learn(drawn[:, :-1], drawn[:, 1:].contiguous())
        seconds.append((time.perf_counter() - began) / (batch * T))
        of_cpu.append((time.process_time() - used) / (batch * T))
    return median(seconds[before:]), median(of_cpu[before:])


if __name__ == "__main__":
    main()
