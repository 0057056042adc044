"""Uploads: what a person handed over stays with their session when they look at another page.

A file field forgets its files when the person leaves its page. They stay here, bounded, for all
sessions together; a session itself holds only a name for them, because closed sessions stay in
memory for a while.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from pages.shared.plain import plain
from viz.text import readable

MOST_BYTES = 256 * 2**20
"""Of all that is kept; what was looked at longest ago goes first."""
NAMED = 5
"""Files in the line that says what is still there."""


@dataclass(frozen=True)
class Handed:
    """An uploaded file; `file_id` distinguishes it from others of the same name."""

    file_id: str
    name: str
    content: bytes = field(compare=False)


class Shelf:
    """Files, by a name that only their session knows."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[str, tuple[Handed, ...]] = {}  # what was asked for last is the last
        self._lock = threading.Lock()

    def keep(self, name: str, files: Sequence[Handed]) -> None:
        """Replace the files of a name; an empty list removes them."""
        with self._lock:
            self._kept.pop(name, None)
            if files:
                self._kept[name] = tuple(files)
            while self._kept and self._bytes() > self._most:
                self._kept.pop(next(iter(self._kept)))

    def get(self, name: str) -> tuple[Handed, ...]:
        """The files of a name; none if they had to make room for others."""
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
    label: str,
    key: str,
    kinds: Sequence[str] | None,
    several: bool | Literal["directory"],
    most: int | None,
) -> list[Handed]:
    """Draw a file field; return its files, and those of an earlier visit to the page.

    A field for one file, or for a directory, holds the last upload; one for several files adds to
    the earlier ones.

    Args:
        key: of the widget; one for each kind of upload.
        kinds: endings of the files' names; None takes all.
        several: whether it takes several files, or a whole directory.
        most: bytes of one file that its reader takes; None: as many as the server does.
    """
    limit: int = st.get_option("server.maxUploadSize")
    uploaded = st.file_uploader(
        label,
        type=kinds,
        max_upload_size=limit if most is None else min(most // 2**20, limit),
        accept_multiple_files=several,
        key=key,
        on_change=lambda: _changed(key),
    )
    fresh = uploaded if isinstance(uploaded, list) else [uploaded] if uploaded else []
    handed = [Handed(file.file_id, file.name, file.getvalue()) for file in fresh]
    before = _before(key, handed) if several is True or not handed else []
    files = before + handed
    st.session_state[_field(key)] = [file.file_id for file in handed]
    if files and files != list(_shelf().get(_name(key))):
        _shelf().keep(_name(key), files)
    if before:
        _say_before(key, before)
    return files


def _before(key: str, handed: Sequence[Handed]) -> list[Handed]:
    """The files of an earlier visit to the page, without those uploaded again."""
    if f"_handed_{key}" not in st.session_state:
        return []
    shelved = _shelf().get(_name(key))
    if not shelved and not handed:
        st.caption("Your earlier upload had to make room for others. Upload it again.")
    names = {file.name for file in handed}
    return [file for file in shelved if file.name not in names]


def _say_before(key: str, files: Sequence[Handed]) -> None:
    """List the files of an earlier visit, with a button that forgets them."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_kept"):
        st.caption(plain(f"Handed over before: {_listed(files)}"), width="content")
        st.button(
            "Forget",
            key=f"{key}_forget",
            icon=":material/close:",
            type="tertiary",
            on_click=_forget,
            args=(key,),
        )


def _listed(files: Sequence[Handed]) -> str:
    """The first names, and how many more there are: a folder may have hundreds."""
    names = [readable(file.name) for file in files[:NAMED]]
    more = len(files) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def _changed(key: str) -> None:
    """Forget the files that a person took out of the field."""
    now = st.session_state.get(key) or []
    there = {file.file_id for file in (now if isinstance(now, list) else [now])}
    taken_out = set(st.session_state.get(_field(key), [])) - there
    _keep_only(key, lambda file: file.file_id not in taken_out)


def _forget(key: str) -> None:
    """Keep the files that are in the field now, and none of an earlier visit."""
    there = st.session_state.get(_field(key), [])
    _keep_only(key, lambda file: file.file_id in there)


def _keep_only(key: str, is_kept: Callable[[Handed], bool]) -> None:
    """Drop a field's other files; without any left, nothing is said of an earlier visit."""
    remaining = [file for file in _shelf().get(_name(key)) if is_kept(file)]
    _shelf().keep(_name(key), remaining)
    if not remaining:
        st.session_state.pop(f"_handed_{key}", None)


def _field(key: str) -> str:
    """The session key of the ids of the files that are in the field on this visit."""
    return f"_handed_{key}_field"


def _name(key: str) -> str:
    """The name of this session's files of this field."""
    name: str = st.session_state.setdefault(f"_handed_{key}", uuid.uuid4().hex)
    return name
