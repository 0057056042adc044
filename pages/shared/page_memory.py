"""Page memory: what a session remembers of its pages: texts, controls' values, messages, URLs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from gpt.errors import HeadlightError
from pages.shared.state_words import refusal
from pages.shared.url_fields import SHARED, Bound, PageState, all_bound

Slot = tuple[str, str]
"""A page ("" for what all pages share), and the name of a parameter."""

SITE = SHARED, "site"
TOUR = SHARED, "tour"
OF_THE_LINK = ""
"""In place of a parameter's name, for the message about names that the page does not have."""
REMEMBERED = 8  # URLs; more clicks than that do not overtake one rerun


@dataclass
class Memory:
    """What the session knows.

    Fields:
        texts: what the person asked for, by `slot`.
        page, state: the page that is open, and its class.
        values: the last value that each control got.
        new, again: names of controls that were given a value in this run, and in the one before.
            The latter get it once more: a browser that had not drawn the control yet would begin
            with the control's own default.
        origin: where a value of this page came from, if a message may depend on it.
        messages: on this page, by name; drawn: the names of those drawn so far.
        kept: names of values of the link that were shown; what a view makes of them later is a
            person's choice.
        published: whether this run of the page has written its URL.
        unfit: the values that the URL names in place of those that do not fit.
        written, before: the parameters of the URL, and of earlier URLs.
        overwritten: whether the page that was left may have written its own into this page's URL.
        expected: a page that the app itself opens next, and the link that it follows then.
        standing: the text of every field of the open page, as it was last published.
        watch: called when the page or a part of it has run; the tour looks at what was done.
    """

    texts: dict[Slot, str] = field(default_factory=dict)
    page: str | None = None
    state: type[PageState] = PageState
    values: dict[str, Any] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    origin: dict[str, Literal["link", "control"]] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    published: bool = False
    unfit: dict[str, Any] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    before: list[dict[str, str]] = field(default_factory=list)
    overwritten: bool = False
    expected: tuple[str, dict[str, str]] | None = None
    standing: dict[str, str] = field(default_factory=dict)
    watch: Callable[[], None] | None = None


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


def slot(memory: Memory, bound: Bound) -> Slot:
    """Where the text of a parameter is kept; the encoder and the cross-attention have their own.

    A page without a choice of the site is about the decoder, or a model's only site.
    """
    page, name = bound.slot
    site = memory.texts.get(SITE, "decoder")
    is_other = site != "decoder" and site in memory.state.offered_sites
    return page, f"{name} of {site}" if bound.parameter.of_site and is_other else name


def remembered(memory: Memory, bound: Bound) -> Any:
    """The value that the person asked for, or the default."""
    text = memory.texts.get(slot(memory, bound))
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
        memory.texts.pop(slot(memory, bound), None)
    else:
        memory.texts[slot(memory, bound)] = bound.text(value)


def give(memory: Memory, bound: Bound, value: Any) -> None:
    """Give a control its value, before it is drawn."""
    st.session_state[key(bound.name)] = value
    memory.values[bound.name] = value
    if slot(memory, bound) in memory.texts:
        memory.new.add(bound.name)


def take(memory: Memory, bound: Bound, text: str, origin: Literal["link", "control"]) -> None:
    """Remember a text that can be read; note a message for one that cannot."""
    memory.messages.pop(bound.name, None)
    memory.origin.pop(bound.name, None)
    if origin == "control":
        memory.messages.pop(OF_THE_LINK, None)  # the person has gone on from the link
    try:
        bound.parameter.read(text)
    except (HeadlightError, ValueError) as error:
        reason = str(error) if isinstance(error, HeadlightError) else "it makes no sense"
        if origin == "link":
            memory.texts.pop(slot(memory, bound), None)
        value = remembered(memory, bound)
        memory.messages[bound.name] = refusal(bound, origin, text, reason, value)
    else:
        memory.texts[slot(memory, bound)] = text
        memory.origin[bound.name] = origin


def site_first(cls: type[PageState]) -> list[Bound]:
    """The parameters, the attention site first: some of the others belong to it."""
    return sorted(all_bound(cls), key=lambda bound: bound.name != SITE[1])
