"""The state of Generate, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pages.shared.parameters import (
    OneHead,
    Reads,
    Switched,
    flag,
    one_of,
    real,
    seed,
    whole,
)
from pages.shared.url_fields import parameter

KINDS = ("all", "layer", "one")


@dataclass(frozen=True)
class GenerateState(Reads, Switched, OneHead):
    """The page's controls.

    Fields:
        temperature, top_k, top_p: of the sampling; None: no filter.
        seed: of the sampling.
        heads: whose attention tints the text; None: one head's if a link names it, else the mean of
            all.
        continuation: the generated text.
        whole: whether a model of documents writes several whole ones.
        greedy: whether the likeliest tokens stand beside sampled ones.
    """

    page: ClassVar[str] = "generate"
    temperature: float = parameter(1.0, real(0.0), label="Temperature")
    top_k: int | None = parameter(None, whole(1), label="Top-k", nothing="no filter")
    top_p: float | None = parameter(None, real(0.01, 1.0), label="Top-p", nothing="no filter")
    seed: int = seed(1)
    heads: str | None = parameter(
        None, one_of(KINDS), nothing="the mean of all heads, or the one head that a link names"
    )
    continuation: str = parameter("")
    whole: bool = parameter(True, flag)
    greedy: bool = parameter(False, flag)
