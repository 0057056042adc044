"""Who knows the newest pick, Python or the browser: `viz.easel.picks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import streamlit as st

from viz.easel.picks import Picks, Position


def read(reports: Mapping[str, Any], before: str) -> tuple[int | None, str]:
    return reports.get("epoch"), reports.get("pick", before)


PICKS: Picks[str] = Picks("tried", read)


def test_a_pick_in_the_browser_leaves_the_wish_as_it_was() -> None:
    first = PICKS.followed(None, {}, "a")
    assert first == Position(0, "a", "a")
    assert PICKS.followed(first, {"epoch": 0, "pick": "b"}, "b") == Position(0, "a", "b")


def test_another_wish_moves_the_epoch_on_and_late_reports_do_not_count() -> None:
    late = {"epoch": 0, "pick": "b"}
    moved = PICKS.followed(Position(0, "a", "b"), late, "c")
    assert moved == Position(1, "c", "c")
    # The browser reported before it saw the wish, so it still shows what was wished for.
    assert PICKS.followed(moved, late, "c") == moved
    assert PICKS.followed(moved, {"epoch": 1, "pick": "d"}, "d") == Position(1, "c", "d")


def test_a_browser_that_says_nothing_any_more_is_told_again() -> None:
    """Its page was left and opened again, and the component is a new one."""
    picked = PICKS.followed(Position(0, "a", "a"), {"epoch": 0, "pick": "b"}, "b")
    assert PICKS.followed(picked, {}, "b") == Position(1, "b", "b")
    assert PICKS.followed(picked, {}, "a") == Position(0, "a", "a")


def test_picks_are_remembered_by_component(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {})
    assert PICKS.newest("k") is None
    PICKS.wish("k", "a")
    st.session_state["k"] = {"epoch": 0, "pick": "b"}
    assert PICKS.newest("k") == "b" and PICKS.newest("other") is None


def test_picks_may_be_compared_in_another_way() -> None:
    folded: Picks[str] = Picks("tried", read, lambda a, b: a.lower() == b.lower())
    assert folded.followed(Position(0, "a", "a"), {}, "A") == Position(0, "a", "a")
