"""The linked attention view: a custom Streamlit component on plain canvas.

Python sends the maps as bytes (`payload.encode`); the browser draws, hovers and switches heads
without asking back. It reports two things: the head that is shown and the cell that is locked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from viz.attention_view.payload import AttentionPicture, Head, decode, encode, with_selection

__all__ = ["AttentionPicture", "Picked", "attention_view", "decode", "encode", "picked"]

_FOLDER = Path(__file__).parent

_component = st.components.v2.component(
    "headlight.attention_view",
    html=(_FOLDER / "view.html").read_text(encoding="utf-8"),
    css=(_FOLDER / "view.css").read_text(encoding="utf-8"),
    js="\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("model.js", "view.js")),
)


class Picked(NamedTuple):
    """The head (l, h) that is shown, and the cell (query, key) that is locked, if one is."""

    head: Head
    cell: tuple[int, int] | None


@dataclass(frozen=True)
class _Position:
    """Where the browser is, as far as Python knows.

    `asked` and `epoch` are what was last put before the payload. They change only when Python
    wants the view elsewhere: a pick in the browser leaves the bytes as they were, so that nothing
    is sent again and a late answer cannot pull the view back.
    """

    epoch: int
    asked: Picked
    now: Picked


def attention_view(
    payload: bytes,
    *,
    key: str,
    selected: Head,
    locked: tuple[int, int] | None = None,
    on_change: Callable[[], None] | None = None,
) -> Picked:
    """Draws the picture in `payload` and returns what is shown.

    payload: what `encode` made; cache it. Above 256 tokens it holds one exact head, the picture's
        `selected`, and has to be made again for another one.
    selected: the head to show; usually `picked(key)` or the URL's. locked: None leaves it alone.
    on_change: called before the rerun that follows a pick or a lock in the browser.
    """
    position = _follow(_known(key), _reported(key), selected, locked)
    st.session_state[_memory(key)] = position
    notify = on_change or _nothing
    data = with_selection(payload, *position.asked, epoch=position.epoch)
    _component(
        key=key,
        data=data,
        on_head_change=notify,
        on_cell_change=notify,
        on_epoch_change=notify,
    )
    return position.now


def picked(key: str) -> Picked | None:
    """What the view under `key` shows, known before it is drawn; None before its first time."""
    before = _known(key)
    return None if before is None else _heard(before, _reported(key))


def _follow(
    before: _Position | None,
    reported: Mapping[str, Any],
    selected: Head,
    locked: tuple[int, int] | None,
) -> _Position:
    """Moves on with what the browser reported, and asks for a move where Python differs from it."""
    if before is None:
        asked = Picked(selected, locked)
        return _Position(0, asked, asked)
    now = _heard(before, reported)
    wanted = Picked(selected, now.cell if locked is None else locked)
    if wanted == now:
        return replace(before, now=now)
    return _Position(before.epoch + 1, wanted, wanted)


def _heard(before: _Position, reported: Mapping[str, Any]) -> Picked:
    """What the browser says, unless it had not yet seen what it was last asked for."""
    head, cell = before.now
    if reported.get("epoch", 0) != before.epoch:
        return before.now
    if reported.get("head"):
        head = _pair(reported["head"])
    if "cell" in reported:
        cell = _pair(reported["cell"]) if reported["cell"] else None
    return Picked(head, cell)


def _pair(numbers: Sequence[int]) -> tuple[int, int]:
    return int(numbers[0]), int(numbers[1])


def _reported(key: str) -> Mapping[str, Any]:
    return dict(st.session_state.get(key) or {})


def _known(key: str) -> _Position | None:
    position: _Position | None = st.session_state.get(_memory(key))
    return position


def _memory(key: str) -> str:
    return f"_attention_view.{key}"


def _nothing() -> None:
    """Streamlit keeps a state only if it is given a callback for it."""
