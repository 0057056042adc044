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
from numpy.typing import NDArray

VERSION = 1
ALIGN = 16


def pack(magic: bytes, header: Mapping[str, Any], buffers: Mapping[str, NDArray[Any]]) -> bytes:
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


def unframe(magic: bytes, data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header, and what follows it.

    Raises:
        ValueError: other bytes than `frame` or `pack` make.
    """
    version, length, _ = np.frombuffer(data, "<u4", 3, 4).tolist()
    if data[:4] != magic or version != VERSION:
        raise ValueError(f"expected {magic!r} version {VERSION}, got {data[:4]!r} {version}")
    end = 16 + length
    return json.loads(data[16:end]), data[end + -end % ALIGN :]


def arrays(header: Mapping[str, Any], rest: bytes) -> dict[str, NDArray[Any]]:
    """The buffers of a header, by name."""
    by_name = {}
    for name, where in header["buffers"].items():
        count = int(np.prod(where["shape"]))
        flat = np.frombuffer(rest, where["dtype"], count, where["offset"])
        by_name[name] = flat.reshape(where["shape"])
    return by_name


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGN)
