"""The corpus of the page: the run's own text if it is here, or any that Train offers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import streamlit as st

from gpt.errors import CheckpointError, HeadlightError
from gpt.text import corpus as corpora
from gpt.text import fetch
from gpt.text.builtin import BUILTIN
from gpt.text.corpus import Corpus
from gpt.training.runs import Run
from pages.parts.tensors.tensors_state import TensorsState
from pages.parts.train.training_text import TITLES, Text, chosen_text
from pages.shared import folders, page_state
from pages.shared.prompt_bar import run_menu as run_menu_of_all
from pages.shared.run_data import file_stamp

OWN, INSTEAD = "own", "plays"
SEED, WRITTEN = 1, 500_000
MOST = 2_000_000
"""Characters that are read: a tokenizer learns nothing new from more, and a page must not wait."""


@dataclass(frozen=True, eq=False)
class ChosenCorpus:
    """A corpus as the page reads it.

    Fields:
        title: its name.
        text: at most MOST characters.
        digest: equal for equal texts.
    """

    title: str
    text: str
    digest: str

    @classmethod
    def of(cls, title: str, text: str) -> ChosenCorpus:
        """The beginning of a text."""
        read = text[:MOST]
        return cls(title, read, hashlib.sha256(read.encode()).hexdigest())


def run_menu(state: TensorsState) -> str | None:
    """Draw the choice of a run; None if there is none yet."""
    names = folders.run_names()
    if not names:
        return None
    return run_menu_of_all(state)


def corpus_menu(run: str | None, state: TensorsState) -> str:
    """Draw the choice of a corpus; return its name."""
    has_own = run is not None and own_text(run) is not None
    titles = ({OWN: f"The text of {run}"} if has_own else {}) | TITLES
    default = OWN if has_own else INSTEAD
    what = "the text of this run" if state.corpus == OWN else f"a corpus {state.corpus!r}"
    page_state.fitted(state, "corpus", titles, default, f"{what} is not on this machine")
    chosen: str = st.selectbox(
        "Corpus",
        list(titles),
        format_func=lambda name: titles[name],
        **page_state.control("corpus"),
        help="What the trained tokenizers learn from, and what batches are cut from.",
    )
    return chosen


def read(name: str, run: str | None) -> ChosenCorpus | None:
    """The corpus of a name; None, with a message, if it is not there yet.

    Raises:
        TextError: an uploaded file cannot be read.
    """
    if name == OWN:
        assert run is not None
        text = own_text(run)
        return None if text is None else _chosen(f"The text of {run}", text)
    corpus = written(name) if name in BUILTIN else chosen_text(name)
    return None if corpus is None else _chosen(TITLES[name], corpus)


def _chosen(title: str, text: Text) -> ChosenCorpus:
    corpus = ChosenCorpus.of(title, text.text)
    if len(corpus.text) < len(text.text):
        st.info(
            f"This corpus has {len(text.text):,} characters; the page reads the first {MOST:,}.",
            icon=":material/content_cut:",
        )
    return corpus


def own_text(run: str) -> Text | None:
    """The text that a run learned from; None if it is not on this machine."""
    return _own(run, file_stamp(folders.folder_of(run) / "config.json"))


@st.cache_resource(max_entries=4, show_spinner="Writing the text…")
def written(name: str, length: int = WRITTEN) -> Text:
    """A built-in text; always the same, so that a link reopens the same numbers."""
    return Text.of(corpora.from_builtin(name, SEED, length))


@st.cache_resource(max_entries=4, show_spinner=False)
def _own(run: str, stamp: int) -> Text | None:
    folder = Run(folders.folder_of(run))
    data: dict[str, Any] = {}
    try:
        data = folder.config().get("data") or {}
        return Text.of(folder.corpus())
    except CheckpointError:
        pass
    except HeadlightError:
        return None
    # A run that was shared without its text: one that was fetched is it, if their hashes agree.
    path = fetch.cached(data.get("sha256", ""))
    return None if path is None else Text.of(Corpus(run, corpora.from_files([path]).documents))
