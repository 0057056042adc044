"""Page links: which link a page follows when it is opened, and what it takes over from it.

A link is what the page's URL says when that is news to the session, or what the app itself opens
the page with (`expect`), as the tour does.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared.page_memory import (
    OF_THE_LINK,
    TOUR,
    Memory,
    key,
    session_memory,
    site_first,
    slot,
    take,
)
from pages.shared.state_words import unused
from pages.shared.url_fields import SHARED, PageState, all_bound, with_new_names


def expect(page: str, link: Mapping[str, str]) -> None:
    """Have the page follow a link when it is opened next, whatever its URL says then."""
    session_memory().expected = page, dict(link)


def coming(page: str, name: str) -> str | None:
    """The text of a shared field with which a page will be opened; None if nothing was chosen.

    For what is drawn above the page, before it has read its state.
    """
    memory = session_memory()
    link = expected_link(memory, page) or link_in_url(memory, memory.page != page)
    if link is not None and (name in link or TOUR[1] in link):
        return link.get(name)
    control = st.session_state.get(key(name))
    if control is not None and control != memory.values.get(name) and memory.page == page:
        return str(control)
    return memory.texts.get((SHARED, name))


def news(page: str) -> dict[str, str] | None:
    """The link that a page will follow; None if its URL holds nothing new, or is not followed."""
    memory = session_memory()
    expected = expected_link(memory, page)
    return link_in_url(memory, memory.page != page) if expected is None else None


def expected_link(memory: Memory, page: str) -> dict[str, str] | None:
    """The link that the app itself has opened a page with."""
    wanted, link = memory.expected or (None, None)
    return link if wanted == page else None


def is_back() -> bool:
    """Whether the browser's back or forward button brought this run."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def link_in_url(memory: Memory, arrived: bool) -> dict[str, str] | None:
    """The URL's parameters, where they are news to this session.

    A second quick click comes with the URL from before the first, which the browser was not told
    of yet: that is none. Neither is the URL of the page that was left, which its last run may
    write after the browser has gone on.
    """
    url: dict[str, str] = st.query_params.to_dict()
    if arrived:
        return url if url and url != memory.written else None
    if is_back():
        return url
    return None if url == memory.written or url in memory.before else url


def follow_link(memory: Memory, cls: type[PageState], link: Mapping[str, str]) -> None:
    """Take over the values of a link.

    A link from the browser's history is complete: the page's own fields that it does not name had
    their defaults. So is one of the tour, which says exactly what is to be seen: the fields that
    pages share have their defaults too.
    """
    memory.origin, memory.messages, memory.kept = {}, {}, set()
    link = with_new_names(cls, link)
    known = {bound.name for bound in all_bound(cls)}
    repeated = [name for name in link if name in known and len(st.query_params.get_all(name)) > 1]
    if link not in memory.before and (words := unused(link, known, repeated)):
        memory.messages[OF_THE_LINK] = words
    for bound in site_first(cls):
        if bound.name in link:
            take(memory, bound, link[bound.name], "link")
        elif TOUR[1] in link or (is_back() and not bound.parameter.shared):
            memory.texts.pop(slot(memory, bound), None)
