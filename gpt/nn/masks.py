"""Masks: which query may see which key, by a name that fits any length or as a matrix.

    model, causal, none     the model's own; itself and what came before; everything
    window:W                causal, the W latest tokens, itself included
    prefix:P                causal, and the first P tokens all see each other
    block:B                 blocks of B tokens; every token sees its whole block and no more

Matrices are bool, (T, S), True where query i may see key j. A named mask compares the positions of
query and key, each in its own sequence; in self-attention the two are one sequence, and S is T.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpt import numerals
from gpt.errors import ConfigError, SwitchError

Bools = NDArray[np.bool_]

PLAIN = ("model", "causal", "none")
SIZED = {"window": "W", "prefix": "P", "block": "B"}
MASKS = (*PLAIN, *(f"{kind}:{letter}" for kind, letter in SIZED.items()))
CAUSAL = ("causal", "window")
LARGEST = 1 << 20
"""Tokens: the largest W, P or B."""
GROWN = 128
"""Tokens: the lengths for which a named mask is made; shorter texts take a part of it."""


class Named(NamedTuple):
    """A mask that fits any length: its kind, and its W, P or B if it has one."""

    kind: str
    size: int | None = None


def parse_mask(mask: str) -> Named:
    """Read the name of a mask.

    Raises:
        SwitchError: no such name, or a size that is not a whole number from 1.
    """
    if mask in PLAIN:
        return Named(mask)
    kind, _, size = mask.partition(":")
    if kind in SIZED:
        with suppress(ConfigError):
            return Named(kind, numerals.whole(size, low=1, high=LARGEST))
    raise SwitchError(
        f"mask is {numerals.brief(mask)}; choose one of {', '.join(MASKS)} (W, P, B whole "
        "numbers from 1), or give a (T, T) array of booleans"
    )


def matrix(mask: str | Bools, own: str, queries: int, keys: int | None = None) -> Bools | None:
    """(T, S) for T queries and S keys, or None if every query sees every key.

    Args:
        own: what "model" stands for: "causal" or "none".
        keys: S; None: as many as queries.

    Raises:
        SwitchError: a matrix of another shape, or a mask that leaves a query nothing to see.
    """
    shape = queries, queries if keys is None else keys
    if not isinstance(mask, str):
        return _checked(np.asarray(mask), shape).copy()  # torch warns about read-only arrays
    kind, size = parse_mask(own if mask == "model" else mask)
    if kind == "none":
        return None
    T, S = shape
    named = _named(kind, size, (_rounded_up(T), _rounded_up(S)))[:T, :S]
    if T > S:
        refuse_blind(named)
    return named


def is_causal(mask: str | Bools, own: str, matrix: Bools | None) -> bool:
    """Whether no query sees a later key.

    Args:
        matrix: what `matrix` made of `mask` and `own`.
    """
    if isinstance(mask, str) and parse_mask(own if mask == "model" else mask).kind in CAUSAL:
        return True
    return matrix is not None and not np.triu(matrix, 1).any()


def _rounded_up(length: int) -> int:
    """To a multiple of `GROWN`, so that a text that grows by a token finds its mask again."""
    return -(-length // GROWN) * GROWN


@lru_cache(maxsize=32)
def _named(kind: str, size: int | None, shape: tuple[int, int]) -> Bools:
    causal = np.tri(*shape, dtype=bool)
    query, key = np.arange(shape[0]), np.arange(shape[1])
    if size is None:
        return causal
    if kind == "prefix":
        return causal | (np.maximum.outer(query, key) < size)
    if kind == "window":
        return causal & ~np.tri(*shape, k=-size, dtype=bool)
    return np.equal.outer(query // size, key // size)


def blind(mask: Bools) -> list[int]:
    """The queries that see no key: their softmax has nothing to share out."""
    return [int(query) for query in np.flatnonzero(~mask.any(axis=1))]


def refuse_blind(mask: Bools) -> None:
    """Check that every query sees a key.

    Raises:
        SwitchError: naming the first query that sees none.
    """
    if queries := blind(mask):
        raise SwitchError(
            f"query {queries[0]} may see no key, so its softmax has nothing to share out; "
            "let it see at least one (itself, say)"
        )


def _checked(mask: Bools, shape: tuple[int, int]) -> Bools:
    if mask.dtype != bool or mask.shape != shape:
        T, S = shape
        context = f"{T:,} tokens" if T == S else f"{T:,} queries and {S:,} keys"
        raise SwitchError(
            f"the mask is a {mask.dtype} array of shape {mask.shape}; the context has {context}, "
            f"so give booleans of shape {shape}"
        )
    refuse_blind(mask)
    return mask
