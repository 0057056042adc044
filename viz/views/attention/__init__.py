"""The linked attention view: a custom Streamlit component on plain canvas.

Python sends the maps as bytes (`payload.encode`); the browser draws, hovers and switches heads
without asking back. It reports the head that is shown, the cell that is locked, the frame of a film
(`film.encode_film`) at which it rests, and which heads a person marked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from viz.views.attention.attention_film import AttentionFilm, encode_film, kept_frames
from viz.views.attention.attention_payload import (
    AttentionPicture,
    Head,
    encode,
    largest,
    thumbnails,
    with_selection,
)
from viz.views.attention.wire import decode

__all__ = [
    "AttentionFilm",
    "AttentionPicture",
    "Marks",
    "Picked",
    "attention_view",
    "decode",
    "encode",
    "encode_film",
    "kept_frames",
    "largest",
    "picked",
    "thumbnails",
]

Marks = Mapping[str, Sequence[Head]]
"""The heads that are "solo" (only these are shown), "hidden" (greyed) and "pinned" (first)."""

_FOLDER = Path(__file__).parent
_SCRIPTS = "model pixels view layout dom grid marks player draw arcs moves events".split()


def _registered(name: str, *styles: str) -> Callable[..., Any]:
    def read(files: Sequence[str]) -> str:
        return "\n".join((_FOLDER / file).read_text(encoding="utf-8") for file in files)

    scripts = [f"{script}.js" for script in _SCRIPTS]
    html, css, js = read(["view.html"]), read(styles), read(scripts)
    component: Callable[..., Any] = st.components.v2.component(name, html=html, css=css, js=js)
    return component


_component = _registered("headlight.attention_view", "view.css")
_compact = _registered("headlight.attention_view_compact", "view.css", "compact.css")


class Picked(NamedTuple):
    """The head (l, h) that is shown, the cell (query, key) that is locked, the frame of a film."""

    head: Head
    cell: tuple[int, int] | None
    frame: int | None = None


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
    frame: int | None = None,
    marks: Marks | None = None,
    on_marks: Callable[[Marks], None] | None = None,
    compact: bool = False,
) -> Picked:
    """Draws the picture in `payload` and returns what is shown.

    payload: what `encode` or `encode_film` made; cache it. Above 256 tokens a picture holds one
        exact head, its `selected`, and has to be made again for another one.
    selected: the head to show; usually `picked(key)` or the URL's. locked: None leaves it alone.
    on_change: called before the rerun that follows a pick or a lock in the browser.
    frame: where a film begins; None: at its end.
    marks: those to show; None where heads cannot be marked. on_marks: called with all of them,
        before the rerun that follows a change.
    compact: for a place beside another view, without arcs; a key is compact always or never.
    """
    position = _follow(_known(key), _reported(key), selected, locked, frame)
    st.session_state[_memory(key)] = position
    notify = on_change or _nothing
    head, cell, at = position.asked
    data = with_selection(payload, head, cell, position.epoch, at, marks)
    component = _compact if compact else _component
    component(
        key=key,
        data=data,
        on_head_change=notify,
        on_cell_change=notify,
        on_epoch_change=notify,
        on_frame_change=notify,
        on_marks_change=lambda: on_marks and on_marks(_marked(key)),
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
    frame: int | None,
) -> _Position:
    """Moves on with what the browser reported, and asks for a move where Python differs from it."""
    if before is None:
        asked = Picked(selected, locked, frame)
        return _Position(0, asked, asked)
    now = _heard(before, reported)
    wanted = now._replace(head=selected, cell=now.cell if locked is None else locked)
    if wanted == now:
        return replace(before, now=now)
    return _Position(before.epoch + 1, wanted, wanted)


def _heard(before: _Position, reported: Mapping[str, Any]) -> Picked:
    """What the browser says, unless it had not yet seen what it was last asked for."""
    head, cell, frame = before.now
    if reported.get("epoch", 0) != before.epoch:
        return before.now
    if reported.get("head"):
        head = _pair(reported["head"])
    if "cell" in reported:
        cell = _pair(reported["cell"]) if reported["cell"] else None
    if reported.get("frame") is not None:
        frame = int(reported["frame"])
    return Picked(head, cell, frame)


def _marked(key: str) -> Marks:
    """All marks as the browser has them after a change."""
    told = _reported(key).get("marks") or {}
    return {name: [_pair(head) for head in heads] for name, heads in told.items()}


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
