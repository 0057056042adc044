"""Numbers into words: exact match on unseen numbers, and where cross-attention looks.

Reads runs of the presets `numbers-en` and `numbers-fr`. Of each head it counts the words that have
their largest weight on a digit that they depend on (`gpt.text.builtin.number_words.digits_of`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gpt
from benchmarks.report import Report, Row, parser
from gpt.inspect.digit_alignment import digit_alignment
from gpt.text.pairs import PairExamples
from gpt.training.held_out_scores import part_of, translate_pairs
from gpt.training.runs import Run

NAME = "number_alignment"
LANGUAGES = {"numbers-en": "en", "numbers-fr": "fr"}


def main() -> None:
    """Measure every run that is named."""
    options = _options()
    report = Report(NAME, options)
    rows = [_row(folder, 50 if options.quick else None) for folder in options.runs]
    notes = [
        "on the numbers of the test part, none of which was learned from",
        "looks at its digit: the share of words whose largest weight in one head's cross-attention "
        "is on a digit that the word depends on; any: that share for a head that looks anywhere",
    ]
    report.finish({"Numbers": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("runs", nargs="+", type=Path, help="run folders")
    return arguments.parse_args()


def _row(folder: Path, most: int | None) -> Row:
    checkpoint, own = gpt.load(folder), Run(folder).examples(PairExamples)
    test = own.take(part_of(own, "test")[:most].tolist())
    language = LANGUAGES[own.name]
    found = digit_alignment(checkpoint, zip(test.sources, test.targets, strict=True), language)
    exact = translate_pairs(checkpoint, test).scores.exact_match
    return {
        "preset": checkpoint.info.get("preset"),
        "seed": checkpoint.info["training"]["seed"],
        "heads": checkpoint.config.n_head,
        "numbers": len(test),
        "exact match": exact.value,
        "words": found.words,
        "head": "layer {}, head {}".format(*found.best),
        "looks at its digit": float(found.shares[found.best]),
        "any": found.chance,
    }


if __name__ == "__main__":
    main()
