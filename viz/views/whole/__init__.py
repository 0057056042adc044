"""A whole model at work on a text: every part a box and a link, every token to be followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from viz.easel.component import component, on_report
from viz.easel.picks import Picks
from viz.views.whole.whole_payload import asked

_component = component(__file__, "whole_model", testid="whole")


def whole_view(
    payload: bytes, *, key: str, token: int, on_token: Callable[[int], None]
) -> tuple[str, dict[str, str]] | None:
    """Draw what `encode` made.

    Args:
        payload: from `encode`; cache it.
        token: of the last stack, which is followed while none is hovered.
        on_token: called with another token before the rerun that follows a click on it.

    Returns:
        The address and the parameters of the link that was pressed; None if none was.
    """
    position = _PICKS.wish(key, token)
    result = _component(
        key=key,
        data=asked(payload, position.wish, position.epoch),
        on_pick_change=on_report(key, "pick", lambda pick: on_token(int(pick["token"]))),
        on_door_change=lambda: None,
    )
    pressed: dict[str, Any] | None = result.get("door")
    return None if pressed is None else (str(pressed["page"]), dict(pressed["query"]))


def _read(reports: Mapping[str, Any], before: int) -> tuple[int | None, int]:
    pick = reports.get("pick")
    return (int(pick["epoch"]), int(pick["token"])) if pick else (None, before)


_PICKS: Picks[int] = Picks("whole_model", _read)
