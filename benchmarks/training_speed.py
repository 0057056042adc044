"""Training speed: tokens/s of real steps, by precision and by what glibc does with buffers.

Each variant trains in a process of its own through `gpt.training.loop.train`, as
`python -m gpt train` does, so that memory kept by one cannot help another. The variants take
turns; a step's time holds its batch, both passes, clipping and the optimizer.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.report import Report, Row, in_own_process, median, parser, progress

NAME = "training_speed"
TEXT_LENGTH = 200_000  # characters of generated text


@dataclass(frozen=True)
class Amount:
    """How much is measured: rounds of every variant, each with steps after a warm-up."""

    rounds: int
    warmup: int
    steps: int


@dataclass(frozen=True)
class Variant:
    """One way to train a preset."""

    preset: str
    dtype: str
    keep_buffers: bool


AMOUNTS = {"nanogpt-cpu": Amount(3, 20, 100), "lecture": Amount(1, 1, 2)}
QUICK = Amount(1, 1, 2)


def main() -> None:
    """Measure every variant of the chosen presets."""
    options = _options()
    if options.worker:
        print(json.dumps(_measure(json.loads(options.worker))))
        return
    report = Report(NAME, options)
    rows = [row for preset in options.presets for row in _preset_rows(preset, options)]
    notes = [
        "ratio: to float32 with buffers given back, from the same turns",
        "auto takes bfloat16 autocast where the processor has it",
    ]
    report.finish({"Training speed": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--presets", nargs="+", choices=list(AMOUNTS), default=list(AMOUNTS))
    arguments.add_argument(
        "--text", type=Path, metavar="FILE", help="a text instead of a generated one"
    )
    arguments.add_argument("--worker", help=argparse.SUPPRESS)
    return arguments.parse_args()


def _preset_rows(preset: str, options: argparse.Namespace) -> list[Row]:
    amount = QUICK if options.quick else AMOUNTS[preset]
    variants = [Variant(preset, *choice) for choice in product(("float32", "auto"), (False, True))]
    lines: dict[Variant, list[dict[str, Any]]] = {variant: [] for variant in variants}
    for turn, variant in product(range(amount.rounds), variants):
        progress(f"turn {turn + 1} of {amount.rounds}: {variant}")
        lines[variant].append(_in_own_process(variant, amount, options.text))
    speeds = {v: median(s for run in runs for s in run["tok_per_s"]) for v, runs in lines.items()}
    return [_row(v, lines[v][0], speeds[v], speeds[variants[0]]) for v in variants]


def _row(variant: Variant, run: Row, speed: float, baseline: float) -> Row:
    return {
        "preset": variant.preset,
        "dtype": variant.dtype,
        "bfloat16": run["bfloat16"],
        "buffers": "kept" if variant.keep_buffers else "given back",
        "parameters": run["parameters"],
        "tokens_a_step": run["tokens_a_step"],
        "tokens/s": speed,
        "ms_a_step": 1000 * run["tokens_a_step"] / speed,
        "ratio": speed / baseline,
    }


def _in_own_process(variant: Variant, amount: Amount, text: Path | None) -> dict[str, Any]:
    task = asdict(variant) | asdict(amount) | {"text": str(text.resolve()) if text else None}
    return in_own_process(NAME, task)


def _measure(task: dict[str, Any]) -> dict[str, Any]:
    """In the worker: train a little; the speed of every step after the warm-up."""
    from gpt import process
    from gpt.training.loop import train

    if task["keep_buffers"]:
        process.keep_buffers()
    lines: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        run = _new_run(Path(folder) / "run", task)
        status = train(run, report=lambda line, status: lines.append(line))
        if status.state != "done":
            raise RuntimeError(f"the training {status.state}: {status.reason}")
        return _figures(run, lines, task["warmup"])


def _new_run(path: Path, task: dict[str, Any]) -> Any:
    """A run that logs each step, and evaluates on one batch and only at both ends."""
    from gpt.text import corpus as corpora
    from gpt.text.tokenizer import CharacterTokenizer
    from gpt.training.creation import create_run
    from gpt.training.presets import find

    preset, text, steps = find(task["preset"]), task["text"], task["warmup"] + task["steps"]
    corpus = (
        corpora.from_files([text])
        if text
        else corpora.from_builtin(preset.text, length=TEXT_LENGTH)
    )
    tokenizer = CharacterTokenizer.of(corpus.text)
    training = preset.training_config(
        steps=steps,
        dtype=task["dtype"],
        log_interval=1,
        eval_interval=steps,
        eval_batches=1,
        sample_tokens=0,
    )
    model = preset.model_config(tokenizer.vocab_size)
    return create_run(path, model, training, corpus, tokenizer, task["preset"])


def _figures(run: Any, lines: Sequence[dict[str, Any]], warmup: int) -> dict[str, Any]:
    import gpt
    from gpt.training import device
    from gpt.training.settings import TrainingConfig

    config = TrainingConfig.from_dict(run.config()["training"])
    model = gpt.load(run.path).model
    steps = [line for line in lines if line["step"] > 0]
    return {
        "bfloat16": device.choose(config).bfloat16,
        "parameters": sum(p.numel() for p in model.parameters()),
        "tokens_a_step": config.batch_size * model.config.block_size,
        "tok_per_s": [line["tok_per_s"] for line in steps[warmup:]],
    }


if __name__ == "__main__":
    main()
