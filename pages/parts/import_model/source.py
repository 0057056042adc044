"""The source of a foreign checkpoint: a path, uploaded files, or a name on Hugging Face."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from gpt.convert.files.file_roles import names_in
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.recognize import choices, from_hub, recognize
from gpt.errors import ConversionError
from pages.parts.import_model import uploaded_files
from pages.parts.import_model.import_model_state import (
    HUB,
    NAMES,
    PATH,
    PLACES,
    SCALES,
    UPLOAD,
    ImportState,
)
from pages.shared import page_state
from pages.shared.visitors import is_classroom

ASKED = "_import_asked"
EMPTY = {
    PATH: "Nothing named yet: type the path of a folder or a file, and press Enter.",
    UPLOAD: "Nothing handed over yet: a folder as it was saved, or a zip of it; or single files, "
    "such as ckpt.pt with input.txt.",
    HUB: "Press Download: the files (0.35 GB for distilgpt2, 6.4 GB for gpt2-xl) are fetched once "
    "and kept in Hugging Face's own cache.",
}


@dataclass(frozen=True)
class Source:
    """A checkpoint to be read.

    Fields:
        place: one of `PLACES`.
        where: path of the file or folder; or its name on Hugging Face.
        name: the suggested name of the run.
        stamp: changes when a file does.
        scale: of a lecture's model; its file does not say.
        which: the checkpoint, if the folder has several; None for the likeliest.
    """

    place: str
    where: str
    name: str
    stamp: tuple[tuple[str, int, int], ...] = ()
    scale: str = "head_size"
    which: str | None = None


def choose(state: ImportState) -> Source | None:
    """Draw the controls; None while no source is named.

    Raises:
        ConversionError: the files are not a checkpoint.
    """
    places = (UPLOAD,) if is_classroom() else PLACES
    state = page_state.fitted(state, "place", places, places[0], "in a class, files are uploaded")
    left, right = st.columns([3, 5], vertical_alignment="bottom")
    with left:
        origin = st.segmented_control(
            "Where it is", places, **page_state.control("from"), required=True
        )
        origin = origin or places[0]
    if origin == UPLOAD:
        source = _handed()
    else:
        with right:
            source = _path() if origin == PATH else _hub(state)
    if source is None:
        st.caption(EMPTY[origin])
        return None
    return source if origin == HUB else replace(source, which=_which(source, state))


def recognized(source: Source) -> ForeignCheckpoint:
    """The checkpoint at a source, without its numbers.

    Raises:
        ConversionError, FetchError: there is none, or it cannot be read; or, in a class, it was not
            uploaded.
    """
    if is_classroom() and source.place != UPLOAD:
        raise ConversionError("in a class a model is handed over as files; choose upload")
    return _recognized(source)


def scaled(foreign: ForeignCheckpoint, source: Source) -> ForeignCheckpoint:
    """The checkpoint, with the scale of a lecture's model, which its file does not name."""
    if foreign.kind != "lecture" or not foreign.config.n_layer:
        return foreign
    chosen = st.segmented_control(
        "Scores were scaled by",
        list(SCALES),
        format_func=lambda name: SCALES[name],
        **page_state.control("trained"),
        required=True,
        help="The file does not say. The published gpt.py divides by √head_size; the version "
        "that is typed in the video, by √n_embd.",
    )
    return _recognized(replace(source, scale=chosen or "head_size"))


@st.cache_resource(max_entries=2, ttl=1800, show_spinner="Looking through it…")
def _recognized(source: Source) -> ForeignCheckpoint:
    if source.place == HUB:
        return from_hub(source.where)
    foreign = recognize(source.where, source.scale, source.which)
    if source.place == UPLOAD and foreign.source == Path(source.where):
        return replace(foreign, source=Path(source.name))
    return foreign


def _which(source: Source, state: ImportState) -> str | None:
    """Draw the choice among several checkpoints of a folder; None for the likeliest."""
    several = choices(source.where)
    if not several:
        return None
    page_state.fitted(state, "which", several, None, f"here are {', '.join(several)}")
    names = {folder: source.name if folder == "." else folder for folder in several}
    return st.selectbox(
        "Which of them",
        several,
        index=None,
        format_func=lambda folder: names[folder],
        placeholder="the likeliest: the outermost, or the last one saved",
        **page_state.control("which"),
    )


def _handed() -> Source | None:
    folder = uploaded_files.folder()
    if folder is None:
        return None
    return Source(UPLOAD, str(folder), uploaded_files.name_of(folder), stamp=stamp(folder))


def _path() -> Source | None:
    typed: str = st.text_input(
        "Path",
        **page_state.control("path"),
        placeholder="/home/me/models/gpt2   or   /home/me/nanoGPT/out/ckpt.pt",
        help="A Hugging Face folder, nanoGPT's ckpt.pt, or a state_dict of the lecture's. Press "
        "Enter to have it looked through.",
    )
    where = typed.strip().strip("'\"")
    if not where:
        return None
    path = Path(where).expanduser()
    return Source(PATH, str(path), path.resolve().stem or "imported", stamp=stamp(path))


def stamp(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of a file, or of every file below a folder."""
    try:
        names = names_in(path) if path.is_dir() else [""]
        states = ((name, (path / name).stat()) for name in names)
        return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)
    except OSError:
        return ()


def _hub(state: ImportState) -> Source | None:
    field, button = st.columns([4, 1], vertical_alignment="bottom")
    with field:
        name = st.selectbox(
            "Name on Hugging Face",
            _options(state),
            **page_state.control("name"),
            accept_new_options=True,
            help="One of these, or the owner/name of another GPT-2 or encoder of BERT's shape.",
        )
    with button:
        if st.button("Download", icon=":material/download:", width="stretch"):
            st.session_state[ASKED] = name
    if not name or st.session_state.get(ASKED) != name:
        return None
    return Source(HUB, name.strip(), name.strip().rpartition("/")[2])


def _options(state: ImportState) -> list[str]:
    return [*NAMES, *([state.name] if state.name and state.name not in NAMES else [])]
