"""Switches as text: masks in URLs, settings beside what is saved, and fingerprints for caches.

A URL names a mask as `gpt.nn.masks` does, or holds a drawn one:

    bits:T:TEXT     a matrix (T, T); TEXT is its bits, packed, deflated, base64url
    bits:TxS:TEXT   a matrix (T, S), of T queries and S keys
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping, Set
from dataclasses import fields
from functools import lru_cache
from typing import Any

import numpy as np

import gpt
from gpt import numerals
from gpt.errors import ConfigError, SwitchError
from gpt.nn import masks
from gpt.nn.masks import Bools
from gpt.nn.switches import DEFAULT, parse_scale

DRAWN = "bits:"
LARGEST = 1 << 11
"""Tokens of a drawn mask; no link holds more, and a foreign one must not ask for memory."""


def switches(mask: str, scale: str | float) -> gpt.Switches:
    """The switches that a URL's mask and scale stand for.

    Raises:
        SwitchError: one of them cannot be read.
    """
    return gpt.Switches(mask=read_mask(mask), scale=parse_scale(scale))


def is_drawn(mask: str) -> bool:
    """Whether a mask's text holds a drawn matrix, which fits one length only."""
    return mask.startswith(DRAWN)


def read_mask(mask: str) -> str | Bools:
    """A mask as `gpt.Switches` takes it: its name, or the matrix of a drawn one.

    Raises:
        SwitchError: no such name, or a text that is broken.
    """
    if is_drawn(mask):
        return read_drawn(mask)
    masks.parse_mask(mask)
    return mask


@lru_cache(maxsize=32)
def read_drawn(text: str) -> Bools:
    """The matrix (T, S) of a drawn mask; read-only, because every caller gets the same array.

    Raises:
        SwitchError: the text is broken, or of too large a mask.
    """
    size, _, code = text.removeprefix(DRAWN).partition(":")
    queries, by, keys = size.partition("x")
    try:
        T, S = (numerals.whole(n, low=1, high=LARGEST) for n in (queries, keys if by else queries))
    except ConfigError:
        raise SwitchError(
            f"the drawn mask says it has {numerals.brief(size)} tokens; it can have 1 to {LARGEST}"
        ) from None
    packed = np.frombuffer(_inflated(code, -(-T * S // 8)), np.uint8)
    mask = np.unpackbits(packed, count=T * S).astype(bool).reshape(T, S)
    mask.flags.writeable = False
    return mask


def write_drawn(mask: Bools) -> str:
    """A matrix as text; short if it is regular.

    >>> read_drawn(write_drawn(np.tri(3, dtype=bool))).astype(int).tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    T, S = mask.shape
    size = f"{T}" if T == S else f"{T}x{S}"
    packed = zlib.compress(np.packbits(mask).tobytes(), 9)
    return f"{DRAWN}{size}:{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


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
    lost = masks.blind(resized)
    resized[lost] = np.eye(queries, dtype=bool)[lost] if keys is None else True
    return resized


def settings(switches: gpt.Switches) -> dict[str, Any]:
    """The switches that differ from the default, as plain JSON types.

    A drawn mask is its text, edited weights are nested lists, a head is "layer.head".
    """
    names = [each.name for each in fields(gpt.Switches)]
    written = {name: _plain(getattr(switches, name)) for name in names}
    return {name: text for name, text in written.items() if text != _plain(getattr(DEFAULT, name))}


def fingerprint(switches: gpt.Switches) -> str:
    """A short text, the same for the same switches."""
    digest = hashlib.blake2b(digest_size=8)
    for each in fields(gpt.Switches):
        digest.update(each.name.encode() + _content(getattr(switches, each.name)))
    return digest.hexdigest()


def _inflated(code: str, count: int) -> bytes:
    """The `count` bytes that a text stands for; no more than that is ever inflated."""
    try:
        packed = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
        inflater = zlib.decompressobj()
        content = inflater.decompress(packed, count + 1)
        complete = inflater.eof and len(content) == count
    except (ValueError, zlib.error):
        complete = False
    if not complete:
        raise SwitchError(
            "the drawn mask's text is broken: it was cut short, or is not one that was made here"
        )
    return content


def _plain(value: Any) -> Any:
    """A switch as JSON has it; sets are sorted."""
    if isinstance(value, Mapping):
        return {f"{l}.{h}": np.asarray(value[l, h]).tolist() for l, h in sorted(value)}
    if isinstance(value, Set):
        return [list(x) if isinstance(x, tuple) else x for x in sorted(value)]
    return write_drawn(value) if isinstance(value, np.ndarray) else value


def _content(value: Any) -> bytes:
    """The bytes of a switch; different for different values."""
    if isinstance(value, Mapping):
        return b"".join(repr(pair).encode() + _content(value[pair]) for pair in sorted(value))
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}".encode() + value.tobytes()
    return repr(sorted(value) if isinstance(value, Set) else value).encode()
