"""The state of Text to tensors, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pages.shared.parameters import HIGHEST_SEED, OfRun, choice, whole
from pages.shared.url_fields import parameter

SHOWS = (
    "pieces",
    "vocabulary",
    "size against length",
    "split and batch",
    "documents",
    "rows apart",
    "one step",
    "context length",
    "noise",
)
SIZES = (512, 1024, 2048, 4096, 8192)
NAMES = ("invented names", "lines of the corpus")
LONGEST = 1_000
RATES = ("0.001", "0.0001", "0.01", "0.1")


@dataclass(frozen=True)
class TensorsState(OfRun):
    """The page's controls.

    Fields:
        corpus: None: the run's own text, or a built-in one.
        sample: the text to cut; None: the corpus' first lines.
        tokenizer, V: of the batches; V is of the tokenizers that learn their vocabulary.
        B, T, draw, row: of a batch, its seed, and the row to look at.
        start: where the first row is cut from the training part; None: drawn, as the others.
        documents: the kind of documents.
        position: of the changed token in its row.
        rate: the learning rate of the step.
    """

    page: ClassVar[str] = "tensors"
    show: str = choice(SHOWS)
    corpus: str | None = parameter(nothing="the run's own text, or a built-in one")
    sample: str | None = parameter(
        None, lambda text: text[:LONGEST], nothing="the corpus' first lines"
    )
    tokenizer: str | None = parameter(nothing="the first tokenizer")
    V: int = parameter(SIZES[0], whole(1))
    B: int = parameter(4, whole(), label="B")
    T: int = parameter(8, whole(), label="T")
    draw: int = parameter(1337, whole(0, HIGHEST_SEED), label="Seed")
    row: int = parameter(0, whole())
    start: int | None = parameter(None, whole(), label="Row 0 starts at", nothing="a drawn place")
    documents: str = choice(NAMES)
    position: int = parameter(0, whole(), label="Position")
    rate: str = choice(RATES, label="Learning rate")
