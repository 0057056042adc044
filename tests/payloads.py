"""The bytes that a component gets, read back as the browser reads them (viz/easel/framing.js)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.easel.framing import VERSION

WISHES = {b"HLSE", b"HLAS", b"HLAW", b"HLAV"}
"""How bytes begin that have a wish of Python's before the payload."""


def decode(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header of a payload and its arrays by name; `wish` in the header is None without one."""
    data, wish = bytes(data), None
    if data[:4] in WISHES:
        wish, data = _unframed(data)
    header, rest = _unframed(data)
    arrays = {
        name: np.frombuffer(rest, at["dtype"], int(np.prod(at["shape"])), at["offset"]).reshape(
            at["shape"]
        )
        for name, at in header["buffers"].items()
    }
    return header | {"wish": wish}, arrays


def _unframed(data: bytes) -> tuple[Any, bytes]:
    """A JSON header, and what follows it."""
    version, length, nothing = np.frombuffer(data, "<u4", 3, 4).tolist()
    assert (version, nothing) == (VERSION, 0)
    end = 16 + length
    return json.loads(data[16:end]), data[end + -end % 16 :]
