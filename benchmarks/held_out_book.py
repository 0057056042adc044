"""A held-out text in bits per character: runs beside counts of what they learned from.

The whole text is predicted, every token but its first. Counting (Witten-Bell) learns from the whole
of `--learned`, of which a run keeps a part for validation.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import gpt
from benchmarks.report import Report, Row, median, parser, progress
from gpt.errors import HeadlightError
from gpt.text import corpus as corpora
from gpt.text.ngrams import counted_losses
from gpt.text.tokenizer import Tokenizer
from gpt.training.evaluate import full_loss, overlapping_loss
from gpt.training.runs import Run

NAME = "held_out_book"
QUICK = 20_000
"""Characters of each text that are read to try this out."""
COLUMNS = (
    "what", "parameters", "step", "tokens", "seconds", "tokens/s", "contexts", "predictions",
)  # fmt: skip


@dataclass(frozen=True)
class Texts:
    """What is predicted, and what was learned from; "" if nothing is to be counted."""

    held_out: str
    learned: str


def main() -> None:
    """Measure every run, then count."""
    options = _options()
    report, texts = Report(NAME, options), _texts(options)
    rows: list[Row] = []
    for folder in options.runs:
        rows += of_run(folder, texts.held_out)
    if texts.learned:
        longest = 2 if options.quick else options.longest
        rows += _of_characters(texts, longest)
        for name, tokenizer in _tokenizers(options.runs):
            rows += _of_tokens(texts, tokenizer, longest, name)
    report.finish({"Bits per character": rows}, _notes(texts))


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("runs", nargs="+", type=Path, help="run folders of decoders")
    arguments.add_argument(
        "--text", nargs="+", required=True, metavar="FILE", help="text that no run has read"
    )
    arguments.add_argument(
        "--learned", nargs="+", metavar="FILE", help="the files that they learned from, to count"
    )
    arguments.add_argument("--longest", type=int, default=6, help="the n of the longest n-grams")
    return arguments.parse_args()


def _texts(options: argparse.Namespace) -> Texts:
    held_out = corpora.from_files(options.text).text
    learned = corpora.from_files(options.learned).text if options.learned else ""
    most = QUICK if options.quick else None
    return Texts(held_out[:most], learned[:most])


def _notes(texts: Texts) -> list[str]:
    notes = [
        f"the held-out text has {len(texts.held_out):,} characters; a model reads it in "
        "consecutive blocks, or in blocks that repeat half of the one before (half a block before)",
        "seconds, tokens and tokens/s (median) are those that the run recorded, on the machine "
        "that trained it",
    ]
    if texts.learned:
        notes.append(f"counted (Witten-Bell): {len(texts.learned):,} characters")
    return notes


def bits_per_character(loss: float, predictions: int, characters: int) -> float:
    """A mean loss in nats per token, in bits for each of the characters that the tokens write.

    >>> bits_per_character(math.log(16), 10, 20)
    2.0
    """
    return loss * predictions / characters / math.log(2)


# -- runs ----------------------------------------------------------------------------------------


def of_run(folder: Path, text: str) -> list[Row]:
    """Two rows: of consecutive blocks, and of blocks that overlap."""
    checkpoint = gpt.load(folder)
    ids = torch.tensor(checkpoint.tokenizer.encode_part(text))
    training = _training(folder, int(checkpoint.info["weights"].get("step", 0)))
    rows = []
    for title, measure in (("", full_loss), (", half a block before", overlapping_loss)):
        progress(f"{folder.name}{title}: {len(ids):,} tokens")
        loss = measure(checkpoint.model, ids, checkpoint.config.block_size)
        figures = {"parameters": checkpoint.model.n_parameters, **training}
        written = _written(checkpoint.tokenizer, ids)
        rows.append(_row(f"{folder.name}{title}", loss, len(ids) - 1, written, figures))
    return rows


def _training(folder: Path, step: int) -> dict[str, Any]:
    """What a run recorded until the step of its weights; nothing of an imported model."""
    lines: list[Any] = [line for line in Run(folder).metrics() if (line["step"] or 0) <= step]
    if not lines:
        return {}
    speeds = [line["tok_per_s"] for line in lines if line["tok_per_s"]]
    last = lines[-1]
    return {
        "step": step,
        "tokens": last["tokens"],
        "seconds": last["seconds"],
        "tokens/s": median(speeds) if speeds else None,
    }


def _written(tokenizer: Tokenizer, ids: torch.Tensor) -> int:
    """The characters of every token but the first."""
    return len(tokenizer.decode(ids[1:].tolist()))


def _row(what: str, loss: float, predictions: int, characters: int, figures: Row) -> Row:
    """A row of the table; a column that does not apply is empty."""
    known = {"what": what, "predictions": predictions, **figures}
    bits = bits_per_character(loss, predictions, characters)
    return {**{name: known.get(name) for name in COLUMNS}, "loss": loss, "bits/character": bits}


# -- counting ------------------------------------------------------------------------------------


def _of_characters(texts: Texts, longest: int) -> list[Row]:
    learned, held_out = _codes(texts.learned), _codes(texts.held_out)
    alphabet, numbers = np.unique(np.concatenate([learned, held_out]), return_inverse=True)
    parts = numbers[: len(learned)], numbers[len(learned) :]
    return _counted(*parts, len(alphabet), longest, "characters", len(held_out) - 1)


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _tokenizers(folders: list[Path]) -> Iterator[tuple[str, Tokenizer]]:
    """Each tokenizer of longer tokens once, with the name of the first run that has it."""
    known = []
    for folder in folders:
        tokenizer = Run(folder).tokenizer()
        content = tokenizer.to_json()
        if content["type"] != "characters" and content not in known:
            known.append(content)
            yield folder.name, tokenizer


def _of_tokens(texts: Texts, tokenizer: Tokenizer, longest: int, name: str) -> list[Row]:
    learned, held_out = (
        torch.tensor(tokenizer.encode_part(text)) for text in (texts.learned, texts.held_out)
    )
    what, written = f"tokens of {name}", _written(tokenizer, held_out)
    V = tokenizer.vocab_size
    return _counted(learned.numpy(), held_out.numpy(), V, longest, what, written)


def _counted(
    learned: np.ndarray, held_out: np.ndarray, V: int, longest: int, what: str, characters: int
) -> list[Row]:
    """A row for each n."""
    began = time.perf_counter()
    orders = counted_losses(learned, held_out, V, longest)
    progress(f"counted {what}: {time.perf_counter() - began:.0f} s")
    return [
        _row(
            f"{order.n}-grams of {what}",
            order.loss,
            len(held_out) - 1,
            characters,
            {"tokens": len(learned), "contexts": order.contexts},
        )
        for order in orders
    ]


if __name__ == "__main__":
    try:
        main()
    except HeadlightError as error:
        sys.exit(f"{NAME}: {error}")
