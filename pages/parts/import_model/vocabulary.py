"""The vocabulary of an import: from its own files, its text, or a file that a person names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.vocabulary.vocabularies import FittingTokenizer, is_gpt2s
from gpt.text import fetch
from pages.parts.import_model.import_model_state import FILE, OWN, SHAKESPEARE, TEXT, ImportState
from pages.parts.import_model.source import Source, stamp
from pages.shared import page_state
from pages.shared.visitors import is_classroom

BEFORE = "_import_words"
LABELS = {
    OWN: "its own files",
    TEXT: "the text it learned from",
    FILE: "a vocabulary file",
    SHAKESPEARE: "Tiny Shakespeare",
}
HELP = (
    "A text: its distinct characters, sorted, as nanoGPT and the lecture take them. A vocabulary "
    'file: a JSON list of characters, {"itos": …} or {"stoi": …} as in meta.pkl, a '
    "tokenizer.json, or a folder with one."
)
FIELDS = {TEXT: "Path of the text", FILE: "Path of the vocabulary"}


@dataclass(frozen=True)
class Words:
    """A tokenizer that fits, and its source: a text or a vocabulary file, or neither."""

    fitted: FittingTokenizer
    text: Path | None = None
    vocabulary: Path | None = None


def choose(foreign: ForeignCheckpoint, source: Source, state: ImportState) -> Words | None:
    """Draw the choice; None while no source is named.

    Raises:
        ConversionError: the file is no vocabulary, or one of another size.
    """
    options = _options(foreign)
    other = st.session_state.get(BEFORE, options) != options  # a text was added, say
    st.session_state[BEFORE] = options
    if other:
        page_state.put(words=None)
        state = replace(state, words=None)
    page_state.fitted(state, "words", options, options[0], f"it can be {', '.join(options)}")
    left, right = st.columns([3, 4], vertical_alignment="bottom")
    with left:
        chosen = st.segmented_control(
            "Vocabulary",
            options,
            format_func=lambda option: _label(option, foreign),
            **page_state.control("words"),
            required=True,
            help=HELP,
        )
    if chosen == SHAKESPEARE:
        return _words(foreign, source, _shakespeare(), None)
    if chosen == OWN:
        return _words(foreign, source, None, None)
    with right:
        path = _path(chosen or TEXT)
    if path is None:
        st.caption("Which tokens it knows is not in its file. Type the path, and press Enter.")
        return None
    return _words(foreign, source, *((path, None) if chosen == TEXT else (None, path)))


def _options(foreign: ForeignCheckpoint) -> list[str]:
    """The possible sources, the likeliest first."""
    if foreign.kind == "run":
        return [OWN]
    own = _has_own(foreign) or is_gpt2s(foreign.config)
    there = fetch.cached(fetch.SOURCES["shakespeare"].sha256) is not None
    if is_classroom():  # no paths of the server's
        return [OWN, *([SHAKESPEARE] if there else [])]
    return [*([OWN] if own else []), TEXT, FILE, *([SHAKESPEARE] if there else [])]


def _label(option: str, foreign: ForeignCheckpoint) -> str:
    gpt2s = option == OWN and not _has_own(foreign)
    return "GPT-2's" if gpt2s else LABELS[option]


def _has_own(foreign: ForeignCheckpoint) -> bool:
    return bool(foreign.folder or foreign.text or foreign.vocabulary)


def _path(kind: str) -> Path | None:
    typed: str = st.text_input(FIELDS[kind], **page_state.control(kind), placeholder="input.txt")
    where = typed.strip().strip("'\"")
    return Path(where).expanduser() if where else None


def _shakespeare() -> Path | None:
    return fetch.cached(fetch.SOURCES["shakespeare"].sha256)


def _words(
    foreign: ForeignCheckpoint, source: Source, text: Path | None, vocabulary: Path | None
) -> Words:
    stamps = tuple(stamp(path) for path in (text, vocabulary) if path is not None)
    return Words(
        _read(source, str(text), str(vocabulary), stamps, foreign, text, vocabulary),
        text,
        vocabulary,
    )


@st.cache_resource(max_entries=4, ttl=1800, show_spinner="Reading the vocabulary…")
def _read(
    source: Source,
    named: str,
    also: str,
    stamps: tuple[object, ...],
    _found: ForeignCheckpoint,
    _text: Path | None,
    _vocabulary: Path | None,
) -> FittingTokenizer:
    return _found.fitting_tokenizer(_text, _vocabulary)
