"""The state of Normalization, as in its URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pages.shared.parameters import Reads, choice, real, whole
from pages.shared.url_fields import parameter

SHOWS = ("by hand", "four norms", "in this model", "does it matter")
KINDS = ("LayerNorm", "batch norm", "instance norm", "group norm")
GROUPS = ("2", "1", "4")
SOURCES = ("drawn", "typed")
TYPED = "1 2 3; 4 6 11"
LINES = {"a row: LayerNorm": "LayerNorm", "a column: batch normalization": "batch normalization"}


def number(default: float | None, label: str) -> Any:
    """A field for any finite number; the page says how large it may be."""
    return parameter(default, real(), write=lambda value: f"{value:g}", label=label)


@dataclass(frozen=True)
class NormalizationState(Reads):
    """The page's controls.

    Fields:
        numbers, matrix: where the numbers come from, and the typed ones.
        seed, examples, features, spread, shift: of the random ones.
        follow, line, gain, bias: the line whose sum the page prints.
        example, feature, by: the changed number; None: another example's.
        kind, groups: of the four norms, and the groups of channels of the last.
        norm, position: of the model and the prompt; None: the first, the last.
    """

    page: ClassVar[str] = "normalization"
    renamed: ClassVar[Mapping[tuple[str, str], tuple[str, str]]] = {
        ("source", text): ("numbers", text) for text in SOURCES
    }
    show: str = choice(SHOWS)
    numbers: str = choice(SOURCES)
    matrix: str = parameter(TYPED)
    seed: int = parameter(1, whole(), label="Seed")
    examples: int = parameter(4, whole(), label="Examples")
    features: int = parameter(5, whole(), label="Features")
    spread: float = number(2.0, "Spread")
    shift: float = number(3.0, "Shift")
    follow: str = choice(LINES)
    line: int = parameter(0, whole(), label="Line")
    gain: float = number(1.0, "γ")
    bias: float = number(0.0, "β")
    example: int | None = parameter(None, whole(), label="Example", nothing="another example")
    feature: int = parameter(0, whole(), label="Feature")
    by: float = number(5.0, "Add to it")
    kind: str = choice(KINDS)
    groups: str = choice(GROUPS)
    norm: str | None = parameter(nothing="the first norm")
    position: int | None = parameter(None, whole(), label="Position", nothing="the last token")
