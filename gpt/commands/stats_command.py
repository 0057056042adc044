"""`python -m gpt stats`: what every head of a model does over a corpus."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import gpt
from gpt.checks import check_whole
from gpt.commands.arguments import as_new_file, as_path
from gpt.commands.number_arguments import whole
from gpt.errors import TextError
from gpt.inspect.heads.head_statistics import (
    ACTIVATION,
    BLOCK,
    KEY,
    QUERY,
    WEIGHT,
    HeadStatistics,
)
from gpt.inspect.heads.patterns import NAMES
from gpt.text import corpus as corpora
from gpt.text.cutting import TORN, ending
from gpt.text.tokenizer import Tokenizer
from gpt.training import ranks
from gpt.training.corpus_statistics import head_statistics
from gpt.training.files import write_json
from gpt.training.held_out import blocks, validation_text
from gpt.training.runs import Run

BLOCKS, LENGTH, PASSAGES = 64, 256, 5
BEFORE = 12
"""Tokens of a passage before its query."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("checkpoint", type=as_path, help="a run folder: a decoder or an encoder")
    parser.add_argument(
        "--text",
        type=as_path,
        nargs="+",
        metavar="FILE",
        help="the corpus (default: what the run was validated on)",
    )
    parser.add_argument("--which", choices=("latest", "best"), default="latest")
    parser.add_argument(
        "--blocks", type=whole, default=BLOCKS, help=f"of the text, evenly spread ({BLOCKS})"
    )
    parser.add_argument(
        "--length",
        type=whole,
        help=f"tokens of a block (the model's block_size, {LENGTH} at most)",
    )
    parser.add_argument(
        "--passages", type=whole, default=PASSAGES, help=f"kept for each head ({PASSAGES})"
    )
    parser.add_argument(
        "--out", type=as_new_file, metavar="FILE.json", help="write everything there"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print a table with a row for each head, and write a JSON file if asked to."""
    for name in ("blocks", "passages"):
        check_whole(f"--{name}", getattr(arguments, name), 1)
    with ranks.start() as own:
        checkpoint = gpt.load(arguments.checkpoint, arguments.which)
        rows = _blocks(checkpoint, arguments)
        statistics = head_statistics(
            checkpoint.model,
            rows,
            arguments.passages,
            own,
            pieces_of=checkpoint.tokenizer.pieces,
        )
        if not own.is_writer:
            return
        heads = described(checkpoint, rows, statistics)
        print(f"{len(rows):,} blocks of {rows.shape[1]:,} tokens; entropy in nats")
        print(table(heads))
        if arguments.out:
            content = {"run": checkpoint.path.name, "blocks": len(rows), "length": rows.shape[1]}
            write_json(arguments.out, {**content, "heads": heads})


def _blocks(checkpoint: gpt.Checkpoint, arguments: argparse.Namespace) -> np.ndarray:
    """(N, T) ids of the corpus.

    Raises:
        TextError: the run came without its text, and none is named.
    """
    if arguments.text:
        text: str | None = corpora.from_files(arguments.text).text
    else:
        text = validation_text(Run(arguments.checkpoint))
    if text is None:
        raise TextError("the run came without its text; name one with --text FILE")
    most = checkpoint.config.block_size
    length = min(most, LENGTH) if arguments.length is None else arguments.length
    check_whole("--length", length, 1, most)
    return blocks(checkpoint.tokenizer, text, length, arguments.blocks)


def described(
    checkpoint: gpt.Checkpoint, rows: np.ndarray, statistics: HeadStatistics
) -> list[dict[str, Any]]:
    """Every head as plain JSON types.

    Args:
        rows: (N, T), the blocks that the statistics are of.
    """
    L, H = statistics.entropy.shape
    return [
        {
            "layer": l,
            "head": h,
            **{name: _number(statistics.patterns[name][l, h]) for name in NAMES},
            "entropy": float(statistics.entropy[l, h]),
            "activation": float(statistics.activation[l, h]),
            "passages": [
                _passage(checkpoint, rows, peak)
                for peak in statistics.peaks[l, h]
                if math.isfinite(peak[ACTIVATION])
            ],
        }
        for l, h in np.ndindex(L, H)
    ]


def _number(value: Any) -> float | None:
    """A score, or None where no query has such keys."""
    return float(value) if math.isfinite(value) else None


def _passage(checkpoint: gpt.Checkpoint, rows: np.ndarray, peak: np.ndarray) -> dict[str, Any]:
    """A place where a head is most active: the tokens before it, and the key that it looks at."""
    block, query, key = (int(peak[n]) for n in (BLOCK, QUERY, KEY))
    ids = rows[block].tolist()
    pieces = checkpoint.tokenizer.pieces
    return {
        "activation": float(peak[ACTIVATION]),
        "block": block,
        "query": query,
        "key": key,
        "weight": float(peak[WEIGHT]),
        "before": _text(checkpoint.tokenizer, ending(checkpoint.tokenizer, ids[:query], BEFORE)),
        "token": pieces([ids[query]])[0],
        "key_token": pieces([ids[key]])[0],
    }


def _text(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """The text of some ids; the bytes of a character that was cut are named one by one."""
    stream, text, held = tokenizer.stream(), "", list[int]()
    for id in [*ids, None]:
        added = stream.rest() if id is None else stream.add(id)
        held += [] if id is None else [id]
        if added:
            text += "".join(tokenizer.pieces(held)) if TORN in added else added
            held = []
    return text


def table(heads: Sequence[dict[str, Any]]) -> str:
    """A row for each head: its scores, and the passage in which it is most active."""
    names = [*NAMES, "entropy", "activation"]
    widths = {name: max(9, len(_short(name))) for name in names}
    titles = " ".join(f"{_short(name):>{width}}" for name, width in widths.items())
    lines = [f"head    {titles}  most active at"]
    for head in heads:
        label = f"L{head['layer']} H{head['head']}"
        numbers = " ".join(
            f"{'–' if head[name] is None else format(head[name], '.3f'):>{width}}"
            for name, width in widths.items()
        )
        lines.append(f"{label:<8}{numbers}  {_said(head['passages'])}".rstrip())
    return "\n".join(lines)


def _short(name: str) -> str:
    return name.removesuffix(" token")


def _said(passages: Sequence[dict[str, Any]]) -> str:
    """The first passage, its query in brackets, and its strongest key."""
    if not passages:
        return ""
    first = passages[0]
    text = f"{first['before']}[{first['token']}]"
    return f"{json.dumps(text, ensure_ascii=False)} → {first['key_token']!r} {first['weight']:.2f}"
