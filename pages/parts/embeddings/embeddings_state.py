"""The state of Embeddings, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pages.shared.parameters import AtSite, Reads, choice, whole
from pages.shared.url_fields import parameter

PARTS = ("Tokens", "Neighbours and analogies", "Positions", "Token + position", "Order")
TABLES = ("token", "output")
MOMENTS = {"trained": ("trained",), "start": ("start",), "both": ("start", "trained")}
METHODS, DIMENSIONS, COLOURS = ("PCA", "t-SNE"), ("2-D", "3-D"), ("kind", "frequency")


@dataclass(frozen=True)
class EmbeddingsState(Reads, AtSite):
    """The page's controls.

    Fields:
        table, when: whose rows, and before or after training.
        method, dims, colour: of the picture.
        row: the chosen token; None: the prompt's first word.
        a, b, c: of the analogy a − b + c; None: an example.
        position: of the prompt.
    """

    page: ClassVar[str] = "embeddings"
    offered_sites: ClassVar[tuple[str, ...]] = ("encoder", "decoder")
    part: str = choice(PARTS)
    table: str = choice(TABLES)
    when: str = choice(MOMENTS)
    method: str = choice(METHODS)
    dims: str = choice(DIMENSIONS)
    colour: str = choice(COLOURS)
    row: int | None = parameter(None, whole(), of_site=True, nothing="the prompt's first word")
    a: int | None = parameter(None, whole(), of_site=True, nothing="an example")
    b: int | None = parameter(None, whole(), of_site=True, nothing="an example")
    c: int | None = parameter(None, whole(), of_site=True, nothing="an example")
    position: int = parameter(0, whole())
