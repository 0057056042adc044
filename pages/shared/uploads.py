"""Uploads: what a person handed over stays with their session when they look at another page.

A file field forgets its files when its page is left. They are kept here, for all sessions together
and bounded: the session itself holds no more than a name for them, since closed sessions stay in
memory for a while.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.shared.plain import plain
from viz.text import readable

MOST_BYTES = 256 * 2**20
"""Of all that is kept; what was looked at longest ago goes first."""


@dataclass(frozen=True)
class Handed:
    """A file as it was handed over; `file_id` tells it from others of its name."""

    file_id: str
    name: str
    content: bytes


class Shelf:
    """Files by a name that only their session knows."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[str, tuple[Handed, ...]] = {}  # what was asked for last is the last
        self._lock = threading.Lock()

    def keep(self, name: str, files: Sequence[Handed]) -> None:
        """Take files in the place of those before; no file at all takes those away."""
        with self._lock:
            self._kept.pop(name, None)
            if files:
                self._kept[name] = tuple(files)
            while self._kept and self._bytes() > self._most:
                self._kept.pop(next(iter(self._kept)))

    def get(self, name: str) -> tuple[Handed, ...]:
        """The files; none where they had to make room."""
        with self._lock:
            files = self._kept.pop(name, ())
            if files:
                self._kept[name] = files
            return files

    def _bytes(self) -> int:
        return sum(len(file.content) for files in self._kept.values() for file in files)


@st.cache_resource(show_spinner=False)
def _shelf() -> Shelf:
    return Shelf(MOST_BYTES)


def files_field(
    label: str, key: str, kinds: Sequence[str], several: bool, most: int | None = None
) -> list[Handed]:
    """Draw a file field; return its files, or those that it was given before the page was left.

    Args:
        key: of the widget; one for each kind of thing that is handed over.
        most: MB of one file, where that is less than the server takes.
    """
    limit: int = st.get_option("server.maxUploadSize")
    found = st.file_uploader(
        label,
        type=list(kinds),
        max_upload_size=min(most or limit, limit),
        accept_multiple_files=several,
        key=key,
        on_change=lambda: _changed(key),
    )
    given = found if isinstance(found, list) else [found] if found is not None else []
    if given:
        files = [Handed(file.file_id, file.name, file.getvalue()) for file in given]
        if [file.file_id for file in _shelf().get(_name(key))] != [f.file_id for f in files]:
            _shelf().keep(_name(key), files)
        return files
    return _from_before(key)


def _from_before(key: str) -> list[Handed]:
    """What was handed over on an earlier visit to the page, with a button that forgets it."""
    if f"_handed_{key}" not in st.session_state:
        return []
    files = _shelf().get(_name(key))
    if not files:
        st.caption("What you handed over before had to make room. Hand it over once more.")
        return []
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_kept"):
        names = ", ".join(readable(file.name) for file in files)
        st.caption(plain(f"Handed over before: {names}"), width="content")
        st.button(
            "Forget",
            key=f"{key}_forget",
            icon=":material/close:",
            type="tertiary",
            on_click=_forget,
            args=(key,),
        )
    return list(files)


def _changed(key: str) -> None:
    """Files that a person takes out of the field are not to come back."""
    if not st.session_state.get(key):
        _forget(key)


def _forget(key: str) -> None:
    _shelf().keep(_name(key), ())
    st.session_state.pop(f"_handed_{key}", None)


def _name(key: str) -> str:
    """What this session's files of this field are kept under."""
    name: str = st.session_state.setdefault(f"_handed_{key}", uuid.uuid4().hex)
    return name
