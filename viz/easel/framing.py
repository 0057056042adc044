"""Framing: arrays and a JSON header as one run of bytes for a component in the browser.

    magic, 4 bytes | version | header length | 0     three little-endian uint32
    JSON header, padded to 16 bytes
    buffers, each at a multiple of 16 from the first

Streamlit takes raw bytes only as the whole of a component's data; JavaScript lays typed arrays
over them without a copy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from viz.given import Array

VERSION = 1
ALIGN = 16


def pack(magic: bytes, header: Mapping[str, Any], buffers: Mapping[str, Array]) -> bytes:
    """A header and its buffers; the header gains `buffers` (where they are) and `digest`."""
    offset, buffers_at, parts = 0, {}, []
    for name, array in buffers.items():
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        buffers_at[name] = {
            "dtype": little.dtype.str,
            "shape": list(little.shape),
            "offset": offset,
        }
        parts.append(_padded(little.tobytes()))
        offset += len(parts[-1])
    sent = {**header, "buffers": buffers_at}
    digest = hashlib.blake2b(json.dumps(sent).encode(), digest_size=8)
    for part in parts:
        digest.update(part)
    return b"".join([frame(magic, {**sent, "digest": digest.hexdigest()}), *parts])


def frame(magic: bytes, header: Mapping[str, Any]) -> bytes:
    """A header alone."""
    text = json.dumps(dict(header), allow_nan=False).encode()
    fixed = np.array([VERSION, len(text), 0], dtype="<u4").tobytes()
    return _padded(magic + fixed + text)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGN)


def json_numbers(array: Array | None) -> Any:
    """Nested lists; JSON has no nan: what is not a number is sent as null."""
    if array is None:
        return None
    numbers = np.asarray(array, dtype=np.float64)
    known: Array = np.where(np.isfinite(numbers), numbers, 0).astype(object)
    known[~np.isfinite(numbers)] = None
    return known.tolist()
