"""The mask editor: a grid of queries × keys whose cells a person sets by mouse or keyboard.

The browser draws without asking back, and reports the whole mask when a stroke ends. A
query that sees nothing is marked there; the page decides whether such a mask is used.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from viz.colors import ACCENTS, SHARE
from viz.easel.component import component
from viz.easel.picks import Picks
from viz.given import Bools
from viz.text import visible

__all__ = ["EDITABLE", "drawn", "mask_editor", "pack", "unpack"]

EDITABLE = 256
"""Tokens; above, a cell would be too small to hit."""

_COLORS = ACCENTS | {"seen": SHARE}

_component = component(__file__, "mask_editor")


def mask_editor(
    mask: Bools,
    tokens: Sequence[str],
    *,
    key: str,
    on_change: Callable[[], None] | None = None,
    key_tokens: Sequence[str] | None = None,
) -> Bools:
    """Draws a mask to be edited; returns what is drawn there now.

    mask: (T, S), True where query i may see key j; usually `drawn(key)`, which leaves the drawing
        alone. Another one replaces it.
    on_change: called before the rerun that follows a stroke.
    key_tokens: S texts; None: the keys are the same tokens as the queries.

    Raises: ValueError if the mask does not fit the tokens, or there are more than EDITABLE.
    """
    shape = len(tokens), len(tokens if key_tokens is None else key_tokens)
    if mask.shape != shape or max(shape) > EDITABLE:
        raise ValueError(f"the mask must be {shape}, {EDITABLE} at most; got {mask.shape}")
    position = _PICKS.wish(key, mask)
    data = {
        "tokens": [visible(piece) for piece in tokens],
        "keyTokens": None if key_tokens is None else [visible(piece) for piece in key_tokens],
        "bits": pack(mask),
        "epoch": position.epoch,
        "colors": _COLORS,
    }
    notify = on_change or (lambda: None)  # Streamlit keeps a state only if it has a callback
    _component(key=key, data=data, on_drawn_change=notify)
    return mask


def drawn(key: str) -> Bools | None:
    """The mask in the editor under `key`; None before the editor is drawn for the first time."""
    return _PICKS.newest(key)


def pack(mask: Bools) -> str:
    """The cells row by row, 8 a byte, the first in the highest bit, as base64."""
    return base64.b64encode(np.packbits(mask).tobytes()).decode()


def unpack(bits: str, shape: tuple[int, int]) -> Bools:
    """The mask (T, S) that `pack` made the text of."""
    cells = np.frombuffer(base64.b64decode(bits), np.uint8)
    return np.unpackbits(cells, count=shape[0] * shape[1]).astype(bool).reshape(shape)


def _read(reports: Mapping[str, Any], before: Bools) -> tuple[int | None, Bools]:
    if not reports.get("drawn"):
        return None, before
    epoch, bits = reports["drawn"]
    return epoch, unpack(bits, before.shape)


_PICKS = Picks("mask_editor", _read, np.array_equal)
