"""Which heads a person marked: solo, hidden or pinned; kept in the URL."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gpt.errors import SwitchError
from gpt.numerals import brief
from pages.shared import links, permalink
from viz.attention_view import Marks

Head = tuple[int, int]
MENU = "_attention_heads"
IN_URL = {"solo": "solo", "hidden": "hide", "pinned": "pin"}


def marks() -> Marks:
    """The marks as the URL has them."""
    return {name: read_heads(permalink.bind(link, "", _checked)) for name, link in IN_URL.items()}


def put(changed: Marks) -> None:
    """Keep the marks that the browser reports."""
    for name, link in IN_URL.items():
        permalink.put(link, text(changed.get(name, ())))


def chosen(marked: Marks, shape: tuple[int, ...]) -> frozenset[Head] | None:
    """The heads of a model of (L, H) that averages are taken over; None for all, or where
    every one is hidden."""
    every = {(l, h) for l in range(shape[0]) for h in range(shape[1])}
    solo = every & set(marked["solo"])
    left = (solo or every) - set(marked["hidden"])
    return None if left in (every, set()) else frozenset(left)


def heads_menu(shape: tuple[int, ...]) -> None:
    """A menu of the heads that an average is taken over: the solo ones, all where there is none."""
    every = [(l, h) for l in range(shape[0]) for h in range(shape[1])]
    solo = [head for head in marks()["solo"] if head in every]
    st.session_state[MENU] = solo
    st.multiselect(
        "Over these heads",
        every,
        key=MENU,
        format_func=lambda head: f"L{head[0]} H{head[1]}",
        placeholder="All heads that are not hidden",
        on_change=lambda: permalink.put("solo", text(st.session_state[MENU])),
    )


def link() -> dict[str, str | None]:
    """What the URL says of the marks."""
    return {
        link: text(heads) or None for link, heads in zip(IN_URL.values(), _values(), strict=True)
    }


def text(heads: Sequence[Head]) -> str:
    """(layer, head) pairs as they stand in the URL: "1.0,2.3"."""
    return ",".join(f"{l}.{h}" for l, h in heads)


def read_heads(written: str) -> list[Head]:
    """Read what `text` wrote.

    Raises:
        SwitchError: text that is no list of heads.
    """
    try:
        return [links.cell(part) for part in written.split(",") if part]
    except ValueError:
        raise SwitchError(
            f"{brief(written)} is no list of heads; write layer.head, as 1.0,2.3"
        ) from None


def _values() -> list[list[Head]]:
    marked = marks()
    return [list(marked[name]) for name in IN_URL]


def _checked(written: str) -> str:
    read_heads(written)
    return written
