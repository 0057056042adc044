"""Heads that do what a person can name: their scores on held-out text, and what each is worth.

For each pattern of attention: the head that does it most, the other heads and an untrained model of
the same shape, and what switching that head off costs, over all tokens and where it should matter.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import gpt
from benchmarks.report import Report, Row, parser, progress
from gpt.checkpoint import Checkpoint
from gpt.errors import HeadlightError, PromptError
from gpt.inspect.heads.ablation import Head, token_losses
from gpt.inspect.heads.head_entropy import largest_first
from gpt.inspect.heads.pattern_places import OF_PATTERN, PLACES, places
from gpt.inspect.heads.patterns import NAMES, patterns
from gpt.inspect.trace import trace
from gpt.nn.model import GPT
from gpt.nn.switches import Switches
from gpt.text import corpus as corpora
from gpt.text.tokenizer import Tokenizer
from gpt.training.confidence import Measured, ratio
from gpt.training.held_out import blocks
from gpt.training.initial import draw

NAME = "nameable_heads"
NAMED = tuple(name for name in NAMES if name not in ("local", "uniform"))
"""The patterns that say what a head looks at; the other two say how it spreads."""
ALL = "all"
QUICK = 4
"""Blocks that are read to try this out."""


@dataclass(frozen=True, eq=False)
class Scores:
    """How much of each pattern every head does, block by block.

    Fields:
        sums: (N, P, L, H), over queries, in the order of `NAMES`.
        queries: (N, P), how many queries have such keys.
    """

    sums: np.ndarray
    queries: np.ndarray

    def of(self, name: str, head: Head) -> Measured:
        """A head's score, with its interval over the blocks."""
        p = NAMES.index(name)
        return ratio(self.sums[:, p, head[0], head[1]], self.queries[:, p])

    def heads(self, name: str) -> np.ndarray:
        """(L, H): every head's score; nan if no query has such keys."""
        p = NAMES.index(name)
        with np.errstate(invalid="ignore"):
            return np.asarray(self.sums[:, p].sum(0) / self.queries[:, p].sum())


@dataclass(frozen=True, eq=False)
class Costs:
    """What every token costs, and what it costs more without each head.

    Fields:
        bits: (N, T − 1), with all heads.
        more: by head, (N, T − 1) bits more without it.
        characters: (N, T − 1), that each token writes.
        tokens: by place, (N, T − 1) bool.
    """

    bits: np.ndarray
    more: dict[Head, np.ndarray]
    characters: np.ndarray
    tokens: dict[str, np.ndarray]

    def per_character(self, bits: np.ndarray, place: str) -> Measured:
        """Bits a character of the tokens of a place, with the interval over the blocks."""
        at = self.tokens[place]
        return ratio((bits * at).sum(1), (self.characters * at).sum(1))


def main() -> None:
    """Score every head, and switch each one off."""
    options = _options()
    report = Report(NAME, options)
    checkpoint = gpt.load(options.run, options.which)
    if checkpoint.kind != "decoder" or not checkpoint.config.n_layer:
        raise PromptError(f"{options.run.name} has no heads that predict a next token")
    rows = _blocks(checkpoint, options)
    best, scored = _scored(checkpoint, rows, options.seed)
    costs = measure(checkpoint, rows)
    without = [row for name, head in best.items() for row in off(name, head, costs)]
    missed = [most_missed(place, costs) for place in costs.tokens]
    tables = {"Scores": scored, "Switched off": without, "Most missed": missed}
    report.finish(tables, _notes(rows, costs))


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("run", type=Path, help="the run folder of a decoder")
    arguments.add_argument(
        "--text", nargs="+", required=True, metavar="FILE", help="text that the run has not read"
    )
    arguments.add_argument("--which", choices=("latest", "best"), default="latest")
    arguments.add_argument(
        "--blocks", type=int, default=128, help="of the text, evenly spread (default: 128)"
    )
    arguments.add_argument("--seed", type=int, default=1337, help="of the untrained model")
    return arguments.parse_args()


def _blocks(checkpoint: Checkpoint, options: argparse.Namespace) -> np.ndarray:
    """(N, T) ids, T the length of the model's context."""
    text = corpora.from_files(options.text).text
    most = QUICK if options.quick else options.blocks
    return blocks(checkpoint.tokenizer, text, checkpoint.config.block_size, most)


def _notes(rows: np.ndarray, costs: Costs) -> list[str]:
    N, T = rows.shape
    bits = costs.per_character(costs.bits, ALL)
    named = (f"{name}: {PLACES[name]}" for names in OF_PATTERN.values() for name in names)
    return [
        f"{N:,} blocks of {T:,} tokens, evenly spread over the text; {bits.value:.3f} bits a "
        "character with all heads",
        "low, high: 95 % intervals over blocks",
        "score: mean weight on the pattern's keys, over the queries that have such keys; second: "
        "the next best head; other heads: the mean of all but the best; untrained: the best head "
        "of a model of the same shape before its first step",
        "more: bits a character of these tokens without the head, minus those with it; other "
        "heads: the mean of the same for each of the others",
        *named,
    ]


# -- scores --------------------------------------------------------------------------------------


def score(model: GPT, rows: np.ndarray, tokenizer: Tokenizer) -> Scores:
    """Score every head on every block."""
    of_blocks = []
    for row in rows:
        site = trace(model, row.tolist())
        pieces = tokenizer.pieces(row.tolist())
        of_blocks.append(patterns(site.maps("weights"), row, site.visible, pieces))
    sums, queries = ([getattr(of, name) for of in of_blocks] for name in ("sums", "queries"))
    return Scores(np.array(sums), np.array(queries))


def _scored(
    checkpoint: Checkpoint, rows: np.ndarray, seed: int
) -> tuple[dict[str, Head], list[Row]]:
    """The best head of each pattern, and the table of scores."""
    progress(f"scores of {len(rows):,} blocks")
    own = score(checkpoint.model, rows, checkpoint.tokenizer)
    progress("scores of an untrained model")
    untrained = score(draw(checkpoint.config, seed), rows, checkpoint.tokenizer)
    best = {
        name: largest_first(own.heads(name))[0]
        for name in NAMED
        if not np.isnan(own.heads(name)).all()
    }
    return best, [_scores_of(name, head, own, untrained) for name, head in best.items()]


def _scores_of(name: str, head: Head, own: Scores, untrained: Scores) -> Row:
    every = own.heads(name)
    others = np.delete(every.ravel(), np.ravel_multi_index(head, every.shape))
    mine = own.of(name, head)
    return _known(
        {
            "pattern": name,
            "head": title(head),
            "score": mine.value,
            "low": mine.low,
            "high": mine.high,
            "second": float(others.max()) if len(others) else math.nan,
            "other heads": float(others.mean()) if len(others) else math.nan,
            "untrained": float(untrained.heads(name).max()),
            "queries": int(own.queries[:, NAMES.index(name)].sum()),
        }
    )


def _known(row: Row) -> Row:
    """The same without numbers that are none, which JSON cannot write."""
    return {name: None if value != value else value for name, value in row.items()}


def title(head: Head) -> str:
    """A head as it is called on the pages.

    >>> title((2, 0))
    'L2 H0'
    """
    return f"L{head[0]} H{head[1]}"


# -- without a head ------------------------------------------------------------------------------


def measure(checkpoint: Checkpoint, rows: np.ndarray) -> Costs:
    """Read the blocks with all heads, and without each one."""
    model, shape = checkpoint.model, (checkpoint.config.n_layer, checkpoint.config.n_head)
    lengths = np.array(
        [len(checkpoint.tokenizer.decode([id])) for id in range(model.config.vocab_size)]
    )
    of_blocks = [places(row.tolist(), checkpoint.tokenizer.pieces(row.tolist())) for row in rows]
    tokens = {name: np.array([of[name] for of in of_blocks])[:, 1:] for name in PLACES}
    bits = token_losses(model, rows) / math.log(2)
    more = {}
    for head in np.ndindex(*shape):
        progress(f"without {title(head)}")
        off = token_losses(model, rows, Switches(heads_off=frozenset({head}))) / math.log(2)
        more[head] = off - bits
    return Costs(bits, more, lengths[rows[:, 1:]], {ALL: np.ones_like(bits, bool), **tokens})


def off(name: str, head: Head, costs: Costs) -> list[Row]:
    """A row for all tokens and one for each place of a pattern."""
    return [_off(name, head, place, costs) for place in (ALL, *OF_PATTERN.get(name, ()))]


def _off(name: str, head: Head, place: str, costs: Costs) -> Row:
    mine = costs.per_character(costs.more[head], place)
    others = [
        costs.per_character(bits, place).value
        for other, bits in costs.more.items()
        if other != head
    ]
    return _known(
        {
            "pattern": name,
            "head": title(head),
            "tokens of": place,
            "tokens": int(costs.tokens[place].sum()),
            "bits/character": costs.per_character(costs.bits, place).value,
            "more": mine.value,
            "low": mine.low,
            "high": mine.high,
            "other heads": float(np.mean(others)) if others else math.nan,
        }
    )


def most_missed(place: str, costs: Costs) -> Row:
    """The head that the tokens of a place miss most, whatever its pattern."""
    more = {head: costs.per_character(bits, place) for head, bits in costs.more.items()}
    ordered = sorted(more, key=lambda head: -more[head].value)
    head, *others = ordered
    return _known(
        {
            "tokens of": place,
            "tokens": int(costs.tokens[place].sum()),
            "head": title(head),
            "more": more[head].value,
            "low": more[head].low,
            "high": more[head].high,
            "second": title(others[0]) if others else None,
            "its more": more[others[0]].value if others else None,
        }
    )


if __name__ == "__main__":
    try:
        main()
    except HeadlightError as error:
        sys.exit(f"{NAME}: {error}")
