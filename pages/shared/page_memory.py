"""Page memory: what a session remembers of its pages: texts, controls' values, messages, URLs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from gpt.errors import HeadlightError
from pages.shared.url_fields import Bound, PageState

REMEMBERED = 8  # URLs; more clicks than that do not overtake one rerun


@dataclass
class Memory:
    """What the session knows.

    Fields:
        texts: what the person asked for, by page ("" for the shared ones) and name.
        page, state: the page that is open, and its class.
        values: the last value that each control got.
        new, again: names of controls that were given a value in this run, and in the one before.
            The latter get it once more: a browser that had not drawn the control yet would begin
            with the control's own default.
        origin: where a value of this page came from, if a message may depend on it.
        messages: on this page, by name; drawn: the names of those drawn so far.
        published: whether this run of the page has written its URL.
        unfit: the values that the URL names in place of those that do not fit.
        written, before: the parameters of the URL, and of earlier URLs.
        overwritten: whether the page that was left may have written its own into this page's URL.
    """

    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    page: str | None = None
    state: type[PageState] = PageState
    values: dict[str, Any] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    origin: dict[str, Literal["link", "control"]] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    published: bool = False
    unfit: dict[str, Any] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    before: list[dict[str, str]] = field(default_factory=list)
    overwritten: bool = False


def key(name: str) -> str:
    """The session key, and the widget's, of a parameter."""
    return f"link_{name}"


def session_memory() -> Memory:
    """The memory of this session."""
    memory: Memory = st.session_state.setdefault("_page_state", Memory())
    return memory


def pass_by(memory: Memory, url: Mapping[str, str]) -> None:
    """Remember a URL as an earlier one: it is no news if it comes again."""
    memory.before = [*memory.before, dict(url)][-REMEMBERED:]


def remembered(memory: Memory, bound: Bound) -> Any:
    """The value that the person asked for, or the default."""
    text = memory.texts.get(bound.slot)
    if text is None:
        return bound.default
    try:
        return bound.parameter.read(text)
    except (HeadlightError, ValueError):
        return bound.default


def ask(memory: Memory, bound: Bound, value: Any) -> None:
    """Remember a value that the person asked for, in place of a link's or a control's."""
    memory.messages.pop(bound.name, None)
    memory.origin.pop(bound.name, None)
    if value is None:
        memory.texts.pop(bound.slot, None)
    else:
        memory.texts[bound.slot] = bound.text(value)


def give(memory: Memory, bound: Bound, value: Any) -> None:
    """Give a control its value, before it is drawn."""
    st.session_state[key(bound.name)] = value
    memory.values[bound.name] = value
    if bound.slot in memory.texts:
        memory.new.add(bound.name)
