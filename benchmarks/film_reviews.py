"""The film reviews that benchmarks of labels read: one file a label, from outside the project."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.report import ROOT
from gpt.text.labelled import LabelledExamples, from_files

TEXTS = ROOT.parent / "shared" / "data" / "rt-polarity"


def add_texts(arguments: argparse.ArgumentParser) -> None:
    """Give a benchmark the option that names the folder."""
    arguments.add_argument("--texts", type=Path, default=TEXTS, help="folder of one file a label")


def film_reviews(folder: Path) -> LabelledExamples:
    """The reviews of a folder, with their labels; without the folder the process ends."""
    if not folder.is_dir():
        sys.exit(f"there is no folder {folder.name!r} with pos.txt and neg.txt: --texts")
    return from_files(sorted(folder.glob("*.txt")))
