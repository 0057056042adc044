"""The button that imports a checkpoint as a run, and the message afterwards."""

from __future__ import annotations

import streamlit as st

from gpt import convert, memory
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.room import check_room
from gpt.errors import HeadlightError
from gpt.training.naming import nameable
from gpt.training.runs import Run
from pages.parts.import_model.source import Source
from pages.parts.import_model.vocabulary import Words
from pages.parts.train import run_name
from pages.shared import classroom, folders, kinds, run_data
from pages.shared.plain import plain

NAME, DONE, FRESH = "import_name", "_imported", "_import_fresh"
PAGES = folders.ROOT / "pages"
LINKS = {
    "attention": ("Attention", ":material/grid_on:"),
    "encoder": ("Encoder", ":material/sentiment_satisfied:"),
    "translation": ("Translation", ":material/translate:"),
    "generate": ("Generate", ":material/edit_note:"),
    "model": ("Model", ":material/account_tree:"),
}


def button(foreign: ForeignCheckpoint, words: Words, source: Source) -> None:
    """Draw the name and the button; import when a person presses it."""
    if st.session_state.pop(FRESH, False):
        st.session_state[NAME] = ""  # so that the next free name is suggested
    left, right, _ = st.columns([3, 1, 3], vertical_alignment="bottom")
    with left:
        name = run_name.field(NAME, nameable(source.name))
    named = run_name.can_be(name)
    with right:
        pressed = st.button("Import", type="primary", width="stretch", disabled=not named)
    if pressed:
        _import(foreign, words, name, source)


def done(source: Source) -> None:
    """Say what was imported last, with links to look at it."""
    where, name = st.session_state.get(DONE, (None, ""))
    if where != source.where or not folders.has_weights(folders.folder_of(name)):
        return
    st.success(
        plain(f"Imported as {name}. Every page has it in its menu of models."),
        icon=":material/check:",
    )
    with st.container(horizontal=True, gap="medium", key="imported_links"):
        for page in _pages_of(name):
            label, icon = LINKS[page]
            st.page_link(PAGES / f"{page}.py", label=label, icon=icon, query_params={"run": name})


def _pages_of(run: str) -> list[str]:
    """The pages that have something to show of a run."""
    has_heads = run_data.has_heads(Run(folders.folder_of(run)))
    use = "translation" if kinds.is_translator(run) else "generate"
    use = "encoder" if kinds.is_classifier(run) else use
    return [*(["attention"] if has_heads else []), use, "model"]


def _import(foreign: ForeignCheckpoint, words: Words, name: str, source: Source) -> None:
    st.session_state.pop(DONE, None)
    try:
        check_room(foreign, folders.checkpoints(), memory.available())
        with st.spinner("Reading its numbers and writing the run folder…"):
            checkpoint = foreign.checkpoint(words.text, words.vocabulary)
            run = convert.save(checkpoint, folders.folder_of(name), foreign.run)
            classroom.own(run)
    except HeadlightError as error:
        st.error(plain(f"Not imported: {error}."), icon=":material/error:")
    except OSError as error:
        st.error(plain(f"Not imported: {error.strerror or error}."), icon=":material/error:")
    else:
        st.session_state[DONE] = source.where, name
        st.session_state[FRESH] = True
        st.rerun()
