"""Tokens in falling order of their shares: what the ranking view and its plotly figure draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from viz.colors import SHARE, VALUES
from viz.given import Numbers
from viz.number_texts import percent


@dataclass(frozen=True)
class RankedToken:
    """One token: its text, its share of the whole with its words, and its colour.

    Fields:
        is_true: it really came next.
    """

    piece: str
    share: float
    text: str
    color: str
    is_true: bool


def ranked(probs: Numbers, pieces: Sequence[str], truth: int | None = None) -> list[RankedToken]:
    """The tokens as they were given.

    Args:
        probs: (K,) shares of the whole, the largest first.
        pieces: K pieces of text; equal ones stay apart.
        truth: the place of the token that really came next.

    Raises:
        ValueError: not one piece for each probability.
    """
    if len(probs) != len(pieces):
        raise ValueError(f"{len(probs)} probabilities need as many pieces, got {len(pieces)}")
    return [
        RankedToken(piece, share, percent(share), VALUES if n == truth else SHARE, n == truth)
        for n, (share, piece) in enumerate(zip(map(float, probs), pieces, strict=True))
    ]
