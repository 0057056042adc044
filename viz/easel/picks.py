"""Who knows the newest pick: Python, which may want another one shown, or the browser.

Python sends a wish with an epoch. A pick in the browser leaves the wish as it was, so that nothing
is sent again and a late answer cannot pull the view back. When Python wants something else, the
epoch moves on, and what the browser reports counts again once it reports the new epoch.
`picks.js` is the other half.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import streamlit as st

from viz.easel.component import reported

Pick = TypeVar("Pick")


@dataclass(frozen=True)
class Position(Generic[Pick]):
    """Where a browser is, as far as Python knows.

    Fields:
        epoch: of the newest wish.
        wish: what was last wished for.
        now: what is shown.
    """

    epoch: int
    wish: Pick
    now: Pick


@dataclass(frozen=True)
class Picks(Generic[Pick]):
    """The picks of one kind of component.

    Fields:
        name: of the component.
        read: what the browser reported, and the pick before, to the epoch that it has seen and its
            pick.
        same: whether two picks are the same.
    """

    name: str
    read: Callable[[Mapping[str, Any], Pick], tuple[int | None, Pick]]
    same: Callable[[Pick, Pick], bool] = operator.eq

    def newest(self, key: str) -> Pick | None:
        """What the component under `key` shows; None before it is drawn for the first time."""
        position = self._position(key)
        return None if position is None else self._heard(position, reported(key))

    def wish(self, key: str, wanted: Pick) -> Position[Pick]:
        """Remember and return what to send, so that `wanted` is shown."""
        position = self.followed(self._position(key), reported(key), wanted)
        st.session_state[self._memory(key)] = position
        return position

    def followed(
        self, before: Position[Pick] | None, reports: Mapping[str, Any], wanted: Pick
    ) -> Position[Pick]:
        """The next position: the same wish if the browser shows `wanted` already.

        A browser that has said nothing, since its page was left and opened again, shows the wish.
        """
        if before is None:
            return Position(0, wanted, wanted)
        said_nothing = self.read(reports, before.now)[0] is None
        now = before.wish if said_nothing else self._heard(before, reports)
        if self.same(wanted, now):
            return replace(before, now=now)
        return Position(before.epoch + 1, wanted, wanted)

    def _heard(self, before: Position[Pick], reports: Mapping[str, Any]) -> Pick:
        """What the browser says, unless it had not yet seen the newest wish."""
        epoch, pick = self.read(reports, before.now)
        return pick if epoch == before.epoch else before.now

    def _position(self, key: str) -> Position[Pick] | None:
        position: Position[Pick] | None = st.session_state.get(self._memory(key))
        return position

    def _memory(self, key: str) -> str:
        return f"_{self.name}.{key}"
