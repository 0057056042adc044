"""Generation: tokens/s with the cache, beside `transformers` and beside reading the context anew.

The same weights in both libraries, in float32, and the likeliest token each time; the texts have to
be equal. The three ways take turns in one process, and which goes first alternates.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import torch

import gpt
from benchmarks.report import ROOT, Report, Row, median, parser, progress
from benchmarks.trace_overhead import GPT2
from gpt.convert.exports.as_gpt2 import to_gpt2
from gpt.nn.model import GPT
from gpt.text.tokenizer import CharacterTokenizer

NAME = "generation_speed"
RUN = ROOT / "checkpoints" / "shakespeare"
PROMPT = "First Citizen:"
CHARACTERS = "".join(chr(0x20000 + n) for n in range(GPT2.vocab_size))
"""A vocabulary of GPT-2's size."""
LENGTHS = (16, 64, 128, 240)
GPT2_LENGTHS = (16, 64)
TURNS = 5
CACHED, ANEW, PEER = "with the cache", "context read anew", "transformers"


def main() -> None:
    """Measure the shipped model, and with `--gpt2` a random one of GPT-2's size."""
    options = _options()
    report = Report(NAME, options)
    torch.set_num_threads(options.threads)
    turns = 1 if options.quick else options.turns
    rows: list[Row] = []
    for (name, ours, theirs, ids), lengths in _models(options):
        for length in lengths[:1] if options.quick else lengths:
            progress(f"{name}, {length} tokens")
            rows.append({"model": name, **_row(ours, theirs, ids, length, turns)})
    notes = [
        f"tokens/s, medians of {turns} turns; ratios are those of the same turns",
        f"float32, {options.threads} threads, greedy, a prompt of {len(PROMPT)} tokens",
        "transformers: `generate` with its own cache, the same weights and the same text",
    ]
    report.finish({"Generation": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--run", type=Path, default=RUN, help="run folder of a decoder")
    arguments.add_argument("--gpt2", action="store_true", help="also a model of GPT-2 124M's shape")
    arguments.add_argument("--turns", type=int, default=TURNS)
    arguments.add_argument("--threads", type=int, default=1)
    return arguments.parse_args()


Pair = tuple[str, GPT, Any, list[int]]
"""A name, our model, the same weights in `transformers`, and a prompt."""


def _models(options: argparse.Namespace) -> list[tuple[Pair, Sequence[int]]]:
    """The models that are measured, each with the numbers of tokens to write."""
    shipped = gpt.load(options.run)
    models: list[tuple[Pair, Sequence[int]]] = [(_pair(shipped, PROMPT), LENGTHS)]
    if options.gpt2:
        models.append((gpt2_pair(), GPT2_LENGTHS))
    return models


def gpt2_pair(attention: str = "sdpa") -> Pair:
    """A model of GPT-2's size with drawn weights, in both libraries.

    attention: of `transformers`: "sdpa", which is fused, or "eager", which returns its weights.
    """
    torch.manual_seed(1)
    drawn, tokenizer = GPT(GPT2).eval(), CharacterTokenizer(CHARACTERS)
    name = Path("GPT-2 124M, random weights")
    checkpoint = gpt.Checkpoint(drawn, tokenizer, GPT2, {}, name)
    return _pair(checkpoint, CHARACTERS[: len(PROMPT)], attention)


def _pair(checkpoint: gpt.Checkpoint, prompt: str, attention: str = "sdpa") -> Pair:
    """A model in both libraries."""
    from transformers import AutoModelForCausalLM

    with tempfile.TemporaryDirectory() as folder:
        to_gpt2(checkpoint, Path(folder) / "gpt2")
        theirs = AutoModelForCausalLM.from_pretrained(
            Path(folder) / "gpt2", attn_implementation=attention
        )
    theirs = theirs.float().eval()
    return checkpoint.path.name, checkpoint.model, theirs, checkpoint.tokenizer.encode(prompt)


def _row(ours: GPT, theirs: Any, ids: list[int], length: int, turns: int) -> Row:
    """Tokens a second of the three ways to write so many tokens."""
    ways: dict[str, Callable[[], list[int]]] = {
        CACHED: lambda: [step.id for step in gpt.generate(ours, ids, length, top_k=1, seed=1)],
        ANEW: lambda: [
            step.id for step in gpt.generate(ours, ids, length, top_k=1, seed=1, cache=False)
        ],
        PEER: lambda: _by_transformers(theirs, ids, length),
    }
    texts = {name: write() for name, write in ways.items()}  # which also warms them up
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn, n in product(range(turns), range(len(ways))):
        name = list(ways)[(turn + n) % len(ways)]
        began = time.perf_counter()
        ways[name]()
        seconds[name].append(time.perf_counter() - began)
    speeds = {name: length / median(each) for name, each in seconds.items()}
    return {
        "tokens": length,
        **speeds,
        "to transformers": _ratio(seconds, PEER),
        "to reading anew": _ratio(seconds, ANEW),
        "same text": texts[CACHED] == texts[ANEW] == texts[PEER],
    }


def _ratio(seconds: dict[str, list[float]], other: str) -> float:
    """How many times as fast the cache is as another way: the median of the turns' ratios."""
    return median(b / a for a, b in zip(seconds[CACHED], seconds[other], strict=True))


@torch.no_grad()
def _by_transformers(model: Any, ids: list[int], length: int) -> list[int]:
    prompt = torch.tensor([ids])
    written = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        do_sample=False,
        max_new_tokens=length,
        min_new_tokens=length,
        pad_token_id=0,
        eos_token_id=None,
    )
    new: list[int] = written[0, len(ids) :].tolist()
    return new


if __name__ == "__main__":
    main()
