"""Masks: who may see whom, by a name that fits any length or as the text of one drawn matrix.

    model, causal, none     the model's own; itself and what came before; everything
    window:W                causal, the W latest tokens, itself included
    prefix:P                causal, and the first P tokens all see each other
    block:B                 blocks of B tokens; every token sees its whole block and no more
    bits:T:TEXT             a drawn (T, T) matrix; TEXT is its bits, packed, deflated, base64url

Arrays are bool, (T, S), True where query i may see key j. A named mask compares the places of
query and key, each in its own sequence; in self-attention the two are one sequence, and S is T.
"""

from __future__ import annotations

import base64
import zlib
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
DRAWN = "bits"
LARGEST = 1 << 20
LARGEST_DRAWN = 1 << 11
"""Tokens; no link holds a larger drawing, and a foreign one must not ask for memory."""


class Named(NamedTuple):
    """A mask that fits any length: its kind, and its W, P or B where it has one."""

    kind: str
    size: int | None = None


def parse_mask(mask: str) -> Named | Bools:
    """Read a mask's text: a name, or a drawn matrix.

    Raises:
        SwitchError: not a name that exists, a size that is no whole number from 1, or a drawing
            that is broken.
    """
    if mask in PLAIN:
        return Named(mask)
    kind, _, rest = mask.partition(":")
    if kind == DRAWN:
        return _drawn(mask)
    if kind in SIZED:
        with suppress(ConfigError):
            return Named(kind, numerals.whole(rest, low=1, high=LARGEST))
    raise SwitchError(
        f"mask is {numerals.brief(mask)}; choose one of {', '.join(MASKS)} (W, P, B whole "
        "numbers from 1), or give a (T, T) array of booleans"
    )


def is_drawn(mask: str | Bools) -> bool:
    """Whether a mask was made for one length: an array, or the text of one."""
    return not isinstance(mask, str) or mask.startswith(f"{DRAWN}:")


def as_array(mask: str | Bools) -> Bools:
    """The matrix of a drawn mask.

    Raises:
        SwitchError: its text is broken.
    """
    found = parse_mask(mask) if isinstance(mask, str) else np.asarray(mask)
    assert not isinstance(found, Named)
    return found


def matrix(mask: str | Bools, own: str, queries: int, keys: int | None = None) -> Bools | None:
    """(T, S) for T queries and S keys, or None if every query sees every key.

    Args:
        own: what "model" stands for: "causal" or "none".
        keys: S; None: as many as queries.

    Raises:
        SwitchError: an array of another shape, or a mask that leaves a query nothing to see.
    """
    shape = queries, queries if keys is None else keys
    if is_drawn(mask):
        return _checked(as_array(mask), shape).copy()  # torch warns of what is read-only
    named = parse_mask(mask) if isinstance(mask, str) else None
    assert isinstance(named, Named)
    kind, size = (own, None) if named.kind == "model" else named
    return None if kind == "none" else _named(kind, size, shape)


@lru_cache(maxsize=32)
def _named(kind: str, size: int | None, shape: tuple[int, int]) -> Bools:
    causal = np.tri(*shape, dtype=bool)
    query, key = np.arange(shape[0]), np.arange(shape[1])
    if size is None:
        return causal
    if kind == "prefix":
        return causal | (np.maximum.outer(query, key) < size)
    if kind == "window":
        mask = causal & ~np.tri(*shape, k=-size, dtype=bool)
    else:
        mask = np.equal.outer(query // size, key // size)
    refuse_blind(mask)  # only where there are more queries than keys
    return mask


def blind(mask: Bools) -> list[int]:
    """The queries that may see no key: a softmax over nothing has nothing to share out."""
    return [int(query) for query in np.flatnonzero(~mask.any(axis=1))]


def refuse_blind(mask: Bools) -> None:
    """Raises: SwitchError where a query may see no key."""
    if unseeing := blind(mask):
        raise SwitchError(
            f"query {unseeing[0]} may see no key, so its softmax has nothing to share out; "
            "let it see at least one (itself, say)"
        )


def to_text(mask: Bools) -> str:
    """A matrix as `parse_mask` reads it; short where it is regular.

    >>> as_array(to_text(np.tri(3, dtype=bool))).astype(int).tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    packed = zlib.compress(np.packbits(mask).tobytes(), 9)
    return f"{DRAWN}:{len(mask)}:{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def fitted(mask: Bools, queries: int, keys: int | None = None) -> Bools:
    """A drawn mask for another context: its top left corner, and beyond it the model's usual rule.

    Self-attention is causal there: an added query sees itself and what came before, and a query
    that has lost every key it saw sees itself. With `keys`, the keys are another sequence: an added
    query sees all of them, every query sees an added key, and one that lost its keys sees all.
    """
    usual = np.tri(queries, dtype=bool) if keys is None else np.ones((queries, keys), bool)
    resized = usual.copy()
    rows, columns = (min(sizes) for sizes in zip(usual.shape, mask.shape, strict=True))
    resized[:rows, :columns] = mask[:rows, :columns]
    lost = blind(resized)
    resized[lost] = np.eye(queries, dtype=bool)[lost] if keys is None else True
    return resized


@lru_cache(maxsize=32)
def _drawn(text: str) -> Bools:
    _, _, rest = text.partition(":")
    size, _, code = rest.partition(":")
    try:
        T = numerals.whole(size, low=1, high=LARGEST_DRAWN)
    except ConfigError:
        raise SwitchError(
            f"the drawn mask says it has {numerals.brief(size)} tokens; it can have 1 to "
            f"{LARGEST_DRAWN}"
        ) from None
    bits = np.frombuffer(_inflated(code, -(-T * T // 8)), np.uint8)
    mask = np.unpackbits(bits, count=T * T).astype(bool).reshape(T, T)
    mask.flags.writeable = False
    return mask


def _inflated(code: str, count: int) -> bytes:
    """The `count` bytes that a text stands for; no more is ever inflated than that."""
    try:
        packed = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
        inflater = zlib.decompressobj()
        found = inflater.decompress(packed, count + 1)
        whole = inflater.eof and len(found) == count
    except (ValueError, zlib.error):
        whole = False
    if not whole:
        raise SwitchError(
            "the drawn mask's text is broken: it was cut short, or is not one that was made here"
        )
    return found


def _checked(mask: Bools, shape: tuple[int, int]) -> Bools:
    if mask.dtype != bool or mask.shape != shape:
        T, S = shape
        context = f"{T} tokens" if T == S else f"{T} queries and {S} keys"
        raise SwitchError(
            f"the mask is a {mask.dtype} array of shape {mask.shape}; the context has {context}, "
            f"so give booleans of shape {shape}"
        )
    refuse_blind(mask)
    return mask
