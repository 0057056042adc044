"""The inside of a head: a component that draws its matrices on canvas and links their numbers.

Hovering a number lights what it was made of, in the browser alone. It reports one thing: the cell
(query, key) that was chosen in one of the (T, T) maps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from viz.easel.component import component, on_report
from viz.easel.picks import Picks
from viz.head_stages import Facts
from viz.views.head.head_payload import HeadPicture, asked, encode

__all__ = ["Facts", "HeadPicture", "encode", "head_view"]

Cell = tuple[int, int]

_component = component(__file__, "head_view")


def head_view(payload: bytes, *, key: str, cell: Cell, on_pick: Callable[[Cell], None]) -> None:
    """Draw the picture in `payload`.

    Args:
        payload: from `encode`; cache it.
        cell: (query, key) that is chosen.
        on_pick: called with another cell before the rerun that follows a choice in the browser.
    """
    position = _PICKS.wish(key, cell)
    _component(
        key=key,
        data=asked(payload, position.wish, position.epoch),
        on_pick_change=on_report(key, "pick", lambda pick: on_pick(_cell(pick))),
    )


def _read(reports: Mapping[str, Any], before: Cell) -> tuple[int | None, Cell]:
    pick = reports.get("pick")
    return (int(pick["epoch"]), _cell(pick)) if pick else (None, before)


def _cell(pick: Mapping[str, Any]) -> Cell:
    i, j = pick["cell"]
    return int(i), int(j)


_PICKS: Picks[Cell] = Picks("head_view", _read)
