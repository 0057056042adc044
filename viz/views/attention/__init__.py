"""The linked attention view: a custom Streamlit component on plain canvas.

Python sends the maps as bytes (`encode`); the browser draws, hovers and switches heads without
asking back. It reports the head that it draws, the cell that is locked, the frame at which a film
(`encode_film`) rests, and which heads a person marked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from viz.easel.component import component, reported
from viz.easel.picks import Picks
from viz.views.attention.attention_film import AttentionFilm, encode_film, kept_frames
from viz.views.attention.attention_payload import (
    AttentionPicture,
    Head,
    encode,
    largest,
    thumbnails,
    with_selection,
)

__all__ = [
    "AttentionFilm",
    "AttentionPicture",
    "Marks",
    "Picked",
    "attention_view",
    "encode",
    "encode_film",
    "kept_frames",
    "largest",
    "picked",
    "thumbnails",
]

Marks = Mapping[str, Sequence[Head]]
"""The heads that are "solo" (only these are shown), "hidden" (greyed) and "pinned" (first)."""

_component = component(__file__, "attention_view")
_compact = component(__file__, "attention_view_compact", styles=("compact.css",))


class Picked(NamedTuple):
    """The head (l, h) that is shown, the cell (query, key) that is locked, the frame of a film."""

    head: Head
    cell: tuple[int, int] | None
    frame: int | None = None


def attention_view(
    payload: bytes,
    *,
    key: str,
    selected: Head,
    locked: tuple[int, int] | Literal["free"] | None = None,
    frame: int | None = None,
    marks: Marks | None = None,
    on_marks: Callable[[Marks], None] | None = None,
    compact: bool = False,
) -> Picked:
    """Draws the picture in `payload` and returns what is shown.

    payload: from `encode` or `encode_film`; cache it. Above 256 tokens a picture holds one
        exact head, its `selected`, and has to be made again for another one.
    selected: the head to show; usually `picked(key)` or the URL's.
    locked: the cell to lock; "free" releases it, None leaves it alone.
    frame: the first frame of a film to show; None: its last one.
    marks: the marks to show; None if heads cannot be marked. on_marks: called with all of them,
        before the rerun that follows a change.
    compact: without arcs, to stand beside another view; a key is always compact or never.
    """
    asked = None if locked == "free" else locked
    now = picked(key) or Picked(selected, asked, frame)
    wanted = now._replace(head=selected, cell=now.cell if locked is None else asked)
    position = _PICKS.wish(key, wanted)
    head, cell, at = position.wish
    data = with_selection(payload, head, cell, position.epoch, at, marks)
    component = _compact if compact else _component
    component(
        key=key,
        data=data,
        # Streamlit keeps a state only if it has a callback.
        **{f"on_{state}_change": lambda: None for state in ("head", "cell", "epoch", "frame")},
        on_marks_change=lambda: on_marks and on_marks(_marked(key)),
    )
    return position.now


def picked(key: str) -> Picked | None:
    """What the view under `key` shows; None before it is drawn for the first time."""
    return _PICKS.newest(key)


def _read(reports: Mapping[str, Any], before: Picked) -> tuple[int | None, Picked]:
    head, cell, frame = before
    if reports.get("head"):
        head = _pair(reports["head"])
    if "cell" in reports:
        cell = _pair(reports["cell"]) if reports["cell"] else None
    if reports.get("frame") is not None:
        frame = int(reports["frame"])
    return reports.get("epoch", 0), Picked(head, cell, frame)


def _marked(key: str) -> Marks:
    """All marks as the browser has them after a change."""
    marks = reported(key).get("marks") or {}
    return {name: [_pair(head) for head in heads] for name, heads in marks.items()}


def _pair(numbers: Sequence[int]) -> tuple[int, int]:
    return int(numbers[0]), int(numbers[1])


_PICKS: Picks[Picked] = Picks("attention_view", _read)
