"""The inside of a head: a component that draws its matrices on canvas and links their numbers.

Hovering a number lights what it was made of, in the browser alone. It reports one thing: the cell
(query, key) that was chosen in one of the (T, T) maps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from viz.views.head.head_payload import HeadPicture, asked, decode, encode
from viz.views.head.stage_list import Facts

__all__ = ["Facts", "HeadPicture", "decode", "encode", "head_view"]

Cell = tuple[int, int]

_FOLDER = Path(__file__).parent
# Colours, hatching and canvases are drawn as in the attention view, by the same functions.
_SCRIPTS = (
    _FOLDER.parent / "attention" / "model.js",
    _FOLDER.parent / "attention" / "pixels.js",
    _FOLDER / "model.js",
    _FOLDER / "matrix.js",
    _FOLDER / "view.js",
)

_component = st.components.v2.component(
    "headlight.head_view",
    html=(_FOLDER / "view.html").read_text(encoding="utf-8"),
    css=(_FOLDER / "view.css").read_text(encoding="utf-8"),
    js="\n".join(path.read_text(encoding="utf-8") for path in _SCRIPTS),
)


@dataclass(frozen=True)
class _Position:
    """Where the browser is, as far as Python knows.

    `asked` and `epoch` are what was last put before the payload. They change only when Python
    wants another cell: a pick in the browser leaves the bytes as they were.
    """

    epoch: int
    asked: Cell
    now: Cell


def head_view(payload: bytes, *, key: str, cell: Cell, on_pick: Callable[[Cell], None]) -> None:
    """Draw the picture in `payload`.

    Args:
        payload: what `encode` made; cache it.
        cell: (query, key) that is chosen.
        on_pick: called with another cell before the rerun that follows a choice in the browser.
    """
    position = _follow(st.session_state.get(_memory(key)), _reported(key), cell)
    st.session_state[_memory(key)] = position
    _component(
        key=key,
        data=asked(payload, position.asked, position.epoch),
        on_pick_change=lambda: _hand_on(_reported(key), on_pick),
    )


def _hand_on(reported: Mapping[str, Any], on_pick: Callable[[Cell], None]) -> None:
    if reported.get("pick"):
        on_pick(_cell(reported["pick"]))


def _follow(before: _Position | None, reported: Mapping[str, Any], wanted: Cell) -> _Position:
    """Moves on with what the browser reported, and asks for a move where Python differs from it."""
    if before is None:
        return _Position(0, wanted, wanted)
    pick = reported.get("pick")
    now = _cell(pick) if pick and pick["epoch"] == before.epoch else before.now
    if now == wanted:
        return _Position(before.epoch, before.asked, now)
    return _Position(before.epoch + 1, wanted, wanted)


def _cell(pick: Mapping[str, Any]) -> Cell:
    i, j = pick["cell"]
    return int(i), int(j)


def _reported(key: str) -> Mapping[str, Any]:
    return dict(st.session_state.get(key) or {})


def _memory(key: str) -> str:
    return f"_head_view.{key}"
