"""The text that a run will learn from: a built-in one, Tiny Shakespeare, or a person's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from gpt.errors import FetchError, TextError
from gpt.text import corpus as corpora
from gpt.text import fetch
from gpt.text.builtin import BUILTIN
from gpt.text.corpus import Corpus
from gpt.text.tokenizer import CharacterTokenizer
from gpt.whole_characters import first_characters
from pages.parts.train.choice_names import PASTED, SHAKESPEARE, TEXTS, UPLOAD
from pages.parts.train.train_state import TrainState
from pages.shared import page_state
from pages.shared.plain import plain, sentence
from pages.shared.uploads import Handed, files_field
from pages.shared.visitors import is_classroom
from viz.text import readable

TITLES = TEXTS
FIRST_LINES = 14
FIRST_CHARACTERS = 1200
_REFUSED = "_text_length_refused"
SHORTEST, LONGEST = 1_000, 5_000_000  # of generated text: a page must not wait for more


@dataclass(frozen=True, eq=False)
class Text:
    """A corpus, as one string, with its vocabulary of characters and its identity."""

    corpus: Corpus
    text: str
    tokenizer: CharacterTokenizer
    digest: str

    @classmethod
    def of(cls, corpus: Corpus) -> Text:
        """Read a corpus once; V is the number of its distinct characters."""
        text, description = corpus.text, corpus.describe()
        return cls(
            corpus, text, CharacterTokenizer.of(text), json.dumps(description, sort_keys=True)
        )

    def beginning(self) -> str:
        """The first lines, for the screen."""
        lines = first_characters(self.text, FIRST_CHARACTERS).split("\n")[:FIRST_LINES]
        return readable("\n".join(lines))


def text_menu(state: TrainState, default: str) -> str:
    """Draw the choice of a text; return its name: `default`, the preset's own, at first."""
    page_state.show("text", default if state.text is None else state.text)
    chosen: str = st.selectbox(
        "Text",
        list(TITLES),
        format_func=lambda name: TITLES[name],
        **page_state.control("text"),
    )
    return chosen


def chosen_text(name: str) -> Text | None:
    """The text of a choice, with the controls that it needs; None if it is not there yet.

    Raises:
        TextError: an uploaded file is too large, not UTF-8 or empty.
    """
    if name == UPLOAD:
        return _upload()
    if name == PASTED:
        return _pasted()
    if name == SHAKESPEARE:
        return _shakespeare()
    length, seed = st.session_state.get("text_length"), st.session_state.get("text_seed")
    return _builtin(name, int(seed or 1), int(length or 500_000))


def look(name: str, text: Text, more: Callable[[], str]) -> None:
    """Draw the description and the beginning of the text, and the controls of generated text.

    Args:
        more: draws a further control in their row, and returns a message about it.
    """
    if name in BUILTIN:
        st.markdown(BUILTIN[name].description)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if name in BUILTIN:
            _generated_controls()
        complaint = more()
    if name in BUILTIN and (refused := st.session_state.get(_REFUSED)):
        st.warning(refused)
    st.caption(complaint)
    for note in text.corpus.notes:
        st.caption(plain(note))
    st.code(text.beginning(), language=None)


def _generated_controls() -> None:
    st.number_input(
        "Characters",
        value=500_000,
        step=100_000,
        key="text_length",
        on_change=_fit_length,
        persist_state="session",
        help="About how long the generated text is.",
        width=200,
    )
    st.number_input(
        "Text seed",
        value=1,
        key="text_seed",
        persist_state="session",
        help="The same seed writes the same text, on every machine.",
        width=200,
    )


def _fit_length() -> None:
    """Check the length here: the browser would leave a number beyond the limits in its field."""
    typed = int(st.session_state["text_length"])
    fitting = min(max(typed, SHORTEST), LONGEST)
    st.session_state["text_length"] = fitting
    words = f"Characters {typed:,}: choose {SHORTEST:,} to {LONGEST:,}. Taken: {fitting:,}."
    st.session_state[_REFUSED] = words if fitting != typed else None


@st.cache_resource(max_entries=4, show_spinner="Writing the text…")
def _builtin(name: str, seed: int, length: int) -> Text:
    return Text.of(corpora.from_builtin(name, seed, length))


def _shakespeare() -> Text | None:
    """The lecture's text, if it has been fetched; nothing is downloaded unless a person says so."""
    source = fetch.SOURCES["shakespeare"]
    path = fetch.cache_folder() / source.file
    if path.is_file() and path.stat().st_size == source.size:
        return _from_file(str(path), path.stat().st_mtime_ns)
    st.info(
        "Tiny Shakespeare (1.1 million characters, the lecture's text) is not on this machine "
        "yet. `python -m gpt fetch shakespeare` fetches it once; the invented plays have the same "
        "shape and need no network.",
        icon=":material/download:",
    )
    fetch_button("Fetch Tiny Shakespeare (1.1 MB)")
    return None


def fetch_button(label: str) -> None:
    """Draw the button that downloads the lecture's text; a class's server fetches nothing."""
    if is_classroom():
        st.caption("The lecture's text is not on this server; whoever keeps it can fetch it.")
    elif st.button(label, icon=":material/download:", help="Tiny Shakespeare, 1.1 MB."):
        _fetch()


def _fetch() -> None:
    """Download the text now; say what hinders it."""
    try:
        with st.spinner("Fetching…"):
            fetch.fetch("shakespeare")
    except FetchError as error:
        words = "Without a network, choose the invented plays, or paste a text."
        st.error(plain(f"{_without_hint(str(error))} {words}"), icon=":material/wifi_off:")
        return
    st.rerun()


def _without_hint(message: str) -> str:
    """A message without its hint at the command line."""
    hint = fetch.SOURCES["shakespeare"].otherwise
    return f"{message.replace(hint, '').strip().rstrip('.')}."


def _pasted() -> Text | None:
    """The text that a person has pasted."""
    typed: str = st.text_area(
        "Your text",
        key="train_pasted",
        height=160,
        persist_state="session",
        placeholder="Paste a text here: a thousand characters at least, a hundred thousand are "
        "better.",
    )
    if not typed.strip():
        st.caption("Nothing pasted yet. It stays on this machine.")
        return None
    try:
        return _of_paste(typed)
    except TextError as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return None


@st.cache_resource(max_entries=2, ttl=3600, show_spinner=False)
def _of_paste(typed: str) -> Text:
    return Text.of(corpora.from_bytes([("pasted.txt", typed.encode())]))


@st.cache_resource(max_entries=1, show_spinner=False)
def _from_file(path: str, stamp: int) -> Text:
    corpus = corpora.from_files([path])
    return Text.of(Corpus(SHAKESPEARE, corpus.documents))


def _upload() -> Text | None:
    files = files_field(
        "Plain text in UTF-8: one file or several. They are read in this order, and stay on this "
        "machine.",
        "text_files",
        None,  # what is text shows in its bytes, not in its name
        several=True,
        most=corpora.MAX_BYTES,
    )
    if not files:
        st.caption("Nothing chosen yet. At least about a thousand characters.")
        return None
    try:
        return _uploaded(tuple(file.file_id for file in files), files)
    except TextError as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return None


@st.cache_resource(max_entries=2, ttl=3600, show_spinner="Reading the files…")
def _uploaded(ids: tuple[str, ...], _files: list[Handed]) -> Text:
    return Text.of(corpora.from_bytes([(file.name, file.content) for file in _files]))
