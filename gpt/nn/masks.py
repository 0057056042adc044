"""Masks: who may see whom, by a name that fits any length or as the text of one drawn matrix.

    model, causal, none     the model's own; itself and what came before; everything
    window:W                causal, the W latest tokens, itself included
    prefix:P                causal, and the first P tokens all see each other
    block:B                 blocks of B tokens; every token sees its whole block and no more
    bits:T:TEXT             a drawn (T, T) matrix; TEXT is its bits, packed, deflated, base64url

Arrays are bool, (T, T), True where query i may see key j.
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


def matrix(mask: str | Bools, own: str, length: int) -> Bools | None:
    """(T, T) for a context of `length` tokens, or None where every query sees every key.

    Args:
        own: what "model" stands for: "causal" or "none".

    Raises:
        SwitchError: an array of another length, or one that leaves a query nothing to see.
    """
    if is_drawn(mask):
        return _checked(as_array(mask), length).copy()  # torch warns of what is read-only
    named = parse_mask(mask) if isinstance(mask, str) else None
    assert isinstance(named, Named)
    kind, size = (own, None) if named.kind == "model" else named
    return None if kind == "none" else _named(kind, size, length)


@lru_cache(maxsize=32)
def _named(kind: str, size: int | None, length: int) -> Bools:
    causal = np.tri(length, dtype=bool)
    if size is None:
        return causal
    if kind == "window":
        return causal & ~np.tri(length, k=-size, dtype=bool)
    place = np.arange(length)
    if kind == "prefix":
        return causal | (np.maximum.outer(place, place) < size)
    return np.equal.outer(place // size, place // size)


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


def fitted(mask: Bools, length: int) -> Bools:
    """A drawn mask for another length: its top left corner, and causal beyond it.

    An added query sees itself and what came before; a query that has lost every key it saw sees
    itself.
    """
    kept = min(length, len(mask))
    made = np.tri(length, dtype=bool)
    made[:kept, :kept] = mask[:kept, :kept]
    lost = blind(made)
    made[lost, lost] = True
    return made


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


def _checked(mask: Bools, length: int) -> Bools:
    if mask.dtype != bool or mask.shape != (length, length):
        raise SwitchError(
            f"the mask is a {mask.dtype} array of shape {mask.shape}; the context has {length} "
            f"tokens, so give booleans of shape ({length}, {length})"
        )
    refuse_blind(mask)
    return mask
