"""What travels to the attention view: a payload of maps, with a wish for a selection before it."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from viz.easel import framing

MAGIC = b"HLAT"
SELECTION_MAGIC = b"HLSE"


def decode(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What `encode` (or `with_selection`) made: its header, and its buffers as named arrays.

    `selection` in the header is what `with_selection` added, or None.
    """
    selection = None
    if data[:4] == SELECTION_MAGIC:
        selection, data = framing.unframe(SELECTION_MAGIC, data)
    header, rest = framing.unframe(MAGIC, data)
    return header | {"selection": selection}, framing.arrays(header, rest)
