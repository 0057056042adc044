"""The queries and keys of one head as points of one plane."""

from __future__ import annotations

from collections.abc import Sequence

from viz.colors import KEYS, QUERIES
from viz.given import Numbers, token_counts
from viz.point_picture import Dots, PointPicture

LABELS = 300
"""Points of a kind that are drawn as their tokens; above, as dots."""


def qk_points(
    queries: Numbers,
    keys: Numbers,
    tokens: Sequence[str],
    share: Sequence[float],
    key_tokens: Sequence[str] | None = None,
) -> PointPicture:
    """The picture of both clouds; in self-attention each token is a query and a key.

    Args:
        queries: (T, 2); keys: (S, 2).
        tokens: T texts.
        share: of the variance, along each of the two axes, 0 to 1.
        key_tokens: S texts; None: the keys are the same tokens as the queries.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    of_keys = tokens if key_tokens is None else key_tokens
    T, S = len(tokens), len(of_keys)
    if queries.shape != (T, 2) or keys.shape != (S, 2):
        raise ValueError(
            f"queries must be ({T}, 2), keys ({S}, 2) for {token_counts(T, S)}, got "
            f"{queries.shape}, {keys.shape}"
        )
    axes = [f"component {n}: {part:.0%} of the variance" for n, part in enumerate(share, 1)]
    return PointPicture(
        [_dots("queries", queries, tokens), _dots("keys", keys, of_keys)],
        axes,
    )


def _dots(name: str, points: Numbers, pieces: Sequence[str]) -> Dots:
    T, of_queries = len(pieces), name == "queries"
    return Dots(
        name,
        points,
        ids=range(T),
        texts=pieces,
        notes=[f"{'query' if of_queries else 'key'} {t}" for t in range(T)],
        colors=QUERIES if of_queries else KEYS,
        labelled=[T <= LABELS] * T,
        symbol="circle" if of_queries else "diamond",
        words=True,
    )
