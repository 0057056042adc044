"""The mask editor: a T×T grid on canvas whose cells a person sets by mouse or keyboard.

The browser draws without asking back, and reports the whole mask when a stroke ends. A
query that sees nothing is marked there; whether such a mask is used is the page's to say.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from viz.colors import INVALID, KEYS, MASKED, QUERIES, WEIGHTS
from viz.text import visible

__all__ = ["EDITABLE", "drawn", "mask_editor", "pack", "unpack"]

Bools = NDArray[np.bool_]

EDITABLE = 256
"""Tokens; above, a cell would be too small to hit."""

_FOLDER = Path(__file__).parent
_COLORS = {
    "seen": WEIGHTS[6], "queries": QUERIES, "keys": KEYS, "masked": MASKED, "invalid": INVALID,
}  # fmt: skip

_component = st.components.v2.component(
    "headlight.mask_editor",
    html=(_FOLDER / "editor.html").read_text(encoding="utf-8"),
    css=(_FOLDER / "editor.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "editor.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class _Drawing:
    """What the browser shows, as far as Python knows.

    `epoch` moves on only when Python wants another mask shown: an echo of the browser's own
    strokes must not undo what was drawn since.
    """

    epoch: int
    mask: Bools


def mask_editor(
    mask: Bools, tokens: Sequence[str], *, key: str, on_change: Callable[[], None] | None = None
) -> Bools:
    """Draws a mask to be edited; returns what is drawn there now.

    mask: (T, T), True where query i may see key j; usually `drawn(key)`, which leaves the drawing
        alone. Another one replaces it.
    on_change: called before the rerun that follows a stroke.

    Raises: ValueError where the mask does not fit the tokens, or there are more than EDITABLE.
    """
    T = len(tokens)
    if mask.shape != (T, T) or T > EDITABLE:
        raise ValueError(f"the mask must be ({T}, {T}), {EDITABLE} at most; got {mask.shape}")
    before, now = _known(key), drawn(key)
    if now is None or before is None:
        drawing = _Drawing(0, mask)
    else:
        drawing = _Drawing(before.epoch + (not np.array_equal(now, mask)), mask)
    st.session_state[_memory(key)] = drawing
    data = {
        "tokens": [visible(piece) for piece in tokens],
        "bits": pack(mask),
        "epoch": drawing.epoch,
        "colors": _COLORS,
    }
    _component(key=key, data=data, on_drawn_change=on_change or _nothing)
    return mask


def drawn(key: str) -> Bools | None:
    """What the editor under `key` shows, known before it is drawn; None before its first time."""
    before = _known(key)
    if before is None:
        return None
    reported: Mapping[str, Any] = dict(st.session_state.get(key) or {})
    epoch, bits = reported.get("drawn") or (None, "")
    return unpack(bits, len(before.mask)) if epoch == before.epoch else before.mask


def pack(mask: Bools) -> str:
    """The cells row by row, 8 a byte, the first in the highest bit, as base64."""
    return base64.b64encode(np.packbits(mask).tobytes()).decode()


def unpack(bits: str, T: int) -> Bools:
    """What `pack` made of a (T, T) mask."""
    cells = np.frombuffer(base64.b64decode(bits), np.uint8)
    return np.unpackbits(cells, count=T * T).astype(bool).reshape(T, T)


def _known(key: str) -> _Drawing | None:
    drawing: _Drawing | None = st.session_state.get(_memory(key))
    return drawing


def _memory(key: str) -> str:
    return f"_mask_editor.{key}"


def _nothing() -> None:
    """Streamlit keeps a state only if it is given a callback for it."""
