"""Page state: one frozen dataclass a page, read from its address, from memory and from controls.

Every field is a `Parameter` (`pages.shared.url_fields`): its name in the URL, how its text is read
and checked, and whether it follows the person from page to page or stays with its page. The session
remembers the *text* of what was asked for; the same reader reads it, wherever it comes from:

- an address that is opened (a link, or the browser's back button), if it names the field;
- a control, if a person has changed it;
- else the memory: of this page, or of any page for a shared field.

A text that cannot be read, or does not fit the model or the prompt (`fitted`), is replaced. The
page says so if the text came from a link or was typed, but not if it was only remembered. It also
says which names of a link it does not have. The memory keeps what the person asked for, not what
stood in for it (docs/adr/0021).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.shared.page_links import expected_link, follow_link, link_in_url
from pages.shared.page_memory import (
    SITE,
    Memory,
    ask,
    give,
    key,
    pass_by,
    remembered,
    session_memory,
    site_first,
    slot,
    take,
)
from pages.shared.plain import plain
from pages.shared.state_words import is_same, refusal
from pages.shared.url_fields import (
    Bound,
    PageState,
    State,
    all_bound,
    bound_field,
)


def control(name: str) -> dict[str, Any]:
    """The arguments that every widget of a parameter needs.

    Without `persist_state` a widget that is not drawn for a while falls back to its first value,
    which looks like a choice.
    """
    return {"key": key(name), "persist_state": "session"}


def opened(cls: type[State]) -> State:
    """The state of the open page, at the beginning of its run; says what cannot be read."""
    memory = session_memory()
    arrived = memory.page != cls.page
    if arrived:
        memory.overwritten = memory.page is not None
        memory.page, memory.state = cls.page, cls
        memory.values, memory.origin, memory.messages = {}, {}, {}
        memory.again = set()
    link = expected_link(memory, cls.page) or link_in_url(memory, arrived)
    memory.expected = None
    if link is not None:
        follow_link(memory, cls, link)
        pass_by(memory, link)  # a page that ends early, and writes no URL, must not follow it again
    state = _read(memory, cls, fresh=arrived or link is not None)
    memory.drawn, memory.unfit, memory.published = set(), {}, False
    _say_unread(memory)
    return state


def now(cls: type[State]) -> State:
    """The state again, in a part of the page that may run by itself."""
    memory = session_memory()
    state, above = _read(memory, cls, fresh=False), memory.drawn
    memory.published = False
    _say_unread(memory)
    memory.drawn = above  # what the part says goes with it
    return state


def put(**values: Any) -> None:
    """Change fields of the open page; call in a callback, or before their controls are drawn."""
    memory = session_memory()
    for name, value in values.items():
        bound = bound_field(memory.state, name)
        ask(memory, bound, value)
        give(memory, bound, value)


def is_asked_for(name: str) -> bool:
    """Whether a link, a person or a page asked for a value of a field, now or earlier."""
    memory = session_memory()
    return slot(memory, bound_field(memory.state, name)) in memory.texts


def forget(name: str) -> None:
    """Forget the choice for a field of the open page; its control stays as it is."""
    memory = session_memory()
    memory.texts.pop(slot(memory, bound_field(memory.state, name)), None)


def show(name: str, value: Any) -> None:
    """Set a control to a value that nobody chose, without remembering it."""
    if st.session_state.get(key(name)) != value:
        st.session_state[key(name)] = value
    session_memory().values[name] = value


def fitted(state: State, name: str, allowed: Container[Any], instead: Any, range: str) -> State:
    """The state, with one field made to fit the model or the prompt.

    Args:
        name: of the field.
        allowed: the possible values.
        instead: stands in for another value; for a number, the nearest possible one.
        range: the possible values in words: "this model has layers 0 to 5".
    """
    value, bound, memory = getattr(state, name), bound_field(type(state), name), session_memory()
    memory.unfit.pop(name, None)
    if value is not None and value in allowed:
        if memory.origin.get(bound.name) == "link":
            memory.messages.pop(bound.name, None)  # said of another model or prompt
        say(bound.name)
        show(bound.name, value)
        return state
    if value is not None and (origin := memory.origin.get(bound.name)):
        say_misfit(state, name, range, instead if instead in allowed else None)
        if origin == "control":  # it was refused; a link is remembered, and may fit another model
            memory.texts[slot(memory, bound)] = bound.text(instead)
    if value is not None:
        memory.unfit[name] = instead if instead in allowed else None
    show(bound.name, instead)
    return replace(state, **{name: instead})


def say_misfit(state: State, name: str, reason: str, instead: Any) -> None:
    """Say that a value of a link or a control does not fit, and what is shown in its place.

    Args:
        instead: the value that is shown; None if nothing is chosen.
    """
    bound, memory = bound_field(type(state), name), session_memory()
    if origin := memory.origin.get(bound.name):
        text = bound.text(getattr(state, name))
        memory.messages[bound.name] = refusal(bound, origin, text, reason, instead)
        say(bound.name)


def say(name: str) -> None:
    """Draw the message about a parameter, if there is one and the page has not drawn it yet."""
    memory = session_memory()
    if name in memory.messages and name not in memory.drawn:
        memory.drawn = memory.drawn | {name}
        st.warning(plain(memory.messages[name]))


def publish(state: PageState, /, **overrides: Any) -> None:
    """Write the state into the URL: the fields that differ from their defaults, and `overrides`.

    Args:
        overrides: values by field, which stand in the URL in place of the state's own, also if they
            are the defaults; None leaves a field out.
    """
    memory = session_memory()
    texts: dict[str, str] = {}
    overrides = memory.unfit | overrides
    memory.standing = {}
    for bound in all_bound(type(state)):
        value = overrides.get(bound.field, getattr(state, bound.field))
        _say_dropped(memory, bound, value)
        text = memory.standing[bound.name] = bound.text(value)
        if text and (bound.field in overrides or value != bound.default):
            texts[bound.name] = text
    memory.published = True
    if memory.written != texts:
        pass_by(memory, memory.written)
    memory.written = texts
    memory.again, memory.new = memory.new, set()
    if memory.overwritten or st.query_params.to_dict() != texts:
        memory.overwritten = False
        st.query_params.from_dict(texts)


def publish_asked() -> None:
    """Write what the person asked for into the URL, if the page ended before it wrote its state.

    A prompt that is refused is still there after a reload.
    """
    memory = session_memory()
    if memory.page is not None and not memory.published:
        asked = {b.field: remembered(memory, b) for b in all_bound(memory.state)}
        publish(memory.state(**asked))


def is_linked(name: str) -> bool:
    """Whether the value of a field came with the link that is open."""
    return session_memory().origin.get(name) == "link"


def is_chosen(name: str) -> bool:
    """Whether the value of a field came from its control, since the page or a link was opened."""
    return session_memory().origin.get(name) == "control"


def _say_dropped(memory: Memory, bound: Bound, value: Any) -> None:
    """Say that the page shows another value than the link's, if nothing else has said so.

    A text that may be anything, such as a prompt, is left to the page.
    """
    if memory.origin.get(bound.name) != "link" or value is None or bound.parameter.read is str:
        return
    asked = memory.texts.get(slot(memory, bound), bound.text(value))
    if is_same(bound, asked, bound.text(value)):
        memory.messages.pop(bound.name, None)
        memory.kept.add(bound.name)
    elif bound.name not in memory.messages | dict.fromkeys(memory.kept):
        reason = "this page cannot show that now"
        memory.messages[bound.name] = refusal(bound, "link", asked, reason, value)
    say(bound.name)


def _read(memory: Memory, cls: type[State], fresh: bool) -> State:
    values: dict[str, Any] = {}
    before = memory.texts.get(SITE)
    for bound in site_first(cls):
        moved = bound.parameter.of_site and memory.texts.get(SITE) != before
        values[bound.field] = _value(memory, bound, fresh or moved)
    return cls(**values)


def _say_unread(memory: Memory) -> None:
    """Draw the messages that were not drawn yet.

    `fitted` draws those about values that do not fit.
    """
    for name in memory.messages:
        if name not in memory.origin:
            say(name)


def _value(memory: Memory, bound: Bound, fresh: bool) -> Any:
    """The value of one field; its control gets it too, if it has another one or none."""
    name, control = bound.name, st.session_state.get(key(bound.name))
    changed = not fresh and control is not None and control != memory.values.get(name)
    if changed:
        take(memory, bound, bound.text(control), "control")
    value = remembered(memory, bound)
    refused = changed and name in memory.messages
    empty = control is None and value is not None and bound.field not in memory.unfit
    if fresh or refused or empty:
        give(memory, bound, value)
    elif changed:
        memory.values[name] = control
    elif name in memory.again and control is not None:
        st.session_state[key(name)] = control
    memory.again.discard(name)
    return value
