"""Permalinks: a page's state in its URL, so that a link reopens exactly what was seen.

Each parameter has one value in the session, under the widget key `key(name)`. The URL wins when
it says something that this session did not write itself: a deep link, or the back button. Two quick
clicks are neither: the second comes with the URL from before the first, which the browser was not
told of yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from gpt.errors import HeadlightError
from pages.shared.plain import plain

REMEMBERED = 8  # URLs; more clicks than that do not overtake one rerun


def key(name: str) -> str:
    """The session key, and the widget's, of a URL parameter."""
    return f"link_{name}"


def bind(name: str, default: Any, read: Callable[[str], Any] = str) -> Any:
    """Give a parameter its value, before the widget that edits it is drawn.

    Args:
        name: in the URL.
        default: where neither URL nor session has a value.
        read: text of the URL to the value; a ValueError is told to the person.

    Returns:
        The value: the URL's, the widget's, or what another page left.
    """
    incoming, memory = st.query_params.get(name), _memory()
    state = st.session_state
    if incoming not in (None, memory["written"].get(name)) and not _is_overtaken(memory):
        memory["written"][name] = incoming
        state[key(name)] = _read(name, incoming, default, read)
        memory["linked"].add(name)
    elif state.get(key(name)) is None:  # a widget that was not drawn last time leaves None
        state[key(name)] = memory["values"].get(name, default)
    elif name in memory["again"]:
        # A run that came before the browser had drawn the widget would otherwise leave it with
        # the widget's own default: only a value that is set in a run is sent with it.
        state[key(name)] = state[key(name)]
    memory["again"].discard(name)
    memory["values"][name] = state[key(name)]
    return state[key(name)]


def put(name: str, value: Any) -> None:
    """Change a parameter from code; call before its widget is drawn, or in a callback."""
    st.session_state[key(name)] = value
    _memory()["values"][name] = value


def publish(**values: Any) -> None:
    """Write parameters into the URL; None leaves one out."""
    memory = _memory()
    texts = {name: str(value) for name, value in values.items() if value is not None}
    memory["values"].update({name: v for name, v in values.items() if v is not None})
    if memory["written"] != texts:
        memory["before"] = [*memory["before"], memory["written"]][-REMEMBERED:]
    memory.update(written=texts, overtaken=None, drawn=_drawn(memory))
    memory.update(again=memory["linked"], linked=set())
    if st.query_params.to_dict() != texts:
        st.query_params.from_dict(texts)


def _memory() -> dict[str, Any]:
    """What the session knows of its URLs.

    values: of every parameter. written, before: the parameters of the URL as last written, and as
    before that. drawn: what the controls said then. overtaken: the URL that this run came with,
    where it is found to be an older one. linked, again: parameters that the URL gave in this run,
    and in the one before, which are told to the browser once more.
    """
    start: dict[str, Any] = {"values": {}, "written": {}, "before": [], "drawn": {}}
    start |= {"overtaken": None, "linked": set(), "again": set()}
    memory: dict[str, Any] = st.session_state.setdefault("_permalink", start)
    return memory


def _is_overtaken(memory: dict[str, Any]) -> bool:
    """Whether the URL is one from before, sent along with a change of a control.

    The back button brings an old URL too, but changes no control.
    """
    url = st.query_params.to_dict()
    if url != memory["overtaken"] and url in memory["before"] and _is_changed(memory):
        memory["overtaken"] = url  # kept, for once a control's value is read it is no news
    return bool(url == memory["overtaken"])


def _is_changed(memory: dict[str, Any]) -> bool:
    now = _drawn(memory)
    return any(now[name] not in (None, value) for name, value in memory["drawn"].items())


def _drawn(memory: dict[str, Any]) -> dict[str, Any]:
    return {name: st.session_state.get(key(name)) for name in memory["values"]}


def _read(name: str, text: str, default: Any, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except (HeadlightError, ValueError) as error:
        reason = str(error) if isinstance(error, HeadlightError) else f"{text!r} makes no sense"
        st.warning(plain(f"The link says {name}={text!r}: {reason}. Shown instead: {default!r}."))
        return default
