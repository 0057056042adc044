"""Trace overhead: a fully observed forward pass beside the plain one, which is fused.

The plain pass is `model(ids)` under `no_grad`; the traced one is all of `gpt.trace`, its copies to
numpy included. They take turns, and which goes first alternates. With one thread the processor's
time is measured, which other programs hardly change.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch

import gpt
from benchmarks.report import ROOT, Report, Row, median, parser, progress
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT

NAME = "trace_overhead"
LENGTHS = (64, 128, 256)
RUN = ROOT / "checkpoints" / "shakespeare"
SHAKESPEARE = GPTConfig(block_size=256, vocab_size=65, n_layer=4, n_head=4, n_embd=256)
GPT2 = GPTConfig(
    block_size=1024,
    vocab_size=50257,
    n_layer=12,
    n_head=12,
    n_embd=768,
    tie_weights=True,
    activation="gelu_tanh",
)


def main() -> None:
    """Measure the shipped model, and with `--gpt2` a random one of GPT-2's size."""
    options = _options()
    report = Report(NAME, options)
    if options.threads:
        torch.set_num_threads(options.threads)
    models = [_shakespeare(options.run)]
    if options.gpt2:
        models.append(("GPT-2 124M, random weights", _random(GPT2)))
    pairs = 3 if options.quick else options.pairs
    rows = [_row(name, model, T, pairs) for name, model in models for T in LENGTHS]
    notes = [f"medians of {pairs} pairs, the ratio too; float32, {torch.get_num_threads()} threads"]
    report.finish({"Trace overhead": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--run", type=Path, default=RUN, help="run folder of the model")
    arguments.add_argument("--gpt2", action="store_true", help="also a model of GPT-2 124M's shape")
    arguments.add_argument("--pairs", type=int, default=31, help="measured pairs a length")
    arguments.add_argument("--threads", type=int, help="torch's threads (default: its own choice)")
    return arguments.parse_args()


def _shakespeare(run: Path) -> tuple[str, GPT]:
    """The shipped model, or a random one of its shape where it is not there."""
    if (run / "model.safetensors").is_file():
        return run.name, gpt.load(run).model
    return "shakespeare's shape, random weights", _random(SHAKESPEARE)


def _random(config: GPTConfig) -> GPT:
    torch.manual_seed(1)
    return GPT(config).eval()


def _row(name: str, model: GPT, T: int, pairs: int) -> Row:
    progress(f"{name}, T = {T}")
    generator = torch.Generator().manual_seed(T)
    x = torch.randint(model.config.vocab_size, (1, T), generator=generator)
    ids = x[0].tolist()

    @torch.no_grad()
    def plain() -> torch.Tensor:
        logits: torch.Tensor = model(x)
        return logits

    def traced() -> torch.Tensor:
        return torch.from_numpy(gpt.trace(model, ids).logits)

    difference = (plain()[0] - traced()).abs().max().item()
    forward, trace = alternately(plain, traced, pairs)
    return {
        "model": name,
        "T": T,
        "plain_ms": 1000 * median(forward),
        "traced_ms": 1000 * median(trace),
        "ratio": median(b / a for a, b in zip(forward, trace, strict=True)),
        "largest_logit_difference": difference,
    }


def alternately(
    first: Callable[[], object], second: Callable[[], object], pairs: int
) -> tuple[list[float], list[float]]:
    """Seconds of two functions called in turn, after one warm-up of each.

    Processor seconds with one thread, as they pass with several.
    """
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    turns: list[tuple[Callable[[], object], list[float]]] = [(first, []), (second, [])]
    for function, _ in turns:
        function()
    for n in range(pairs):
        for function, seconds in turns if n % 2 == 0 else turns[::-1]:
            started = clock()
            function()
            seconds.append(clock() - started)
    return turns[0][1], turns[1][1]


if __name__ == "__main__":
    main()
