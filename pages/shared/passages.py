"""Held-out passages of a run's own text, by speaker where it has several."""

from __future__ import annotations

import streamlit as st

import gpt
from gpt.errors import HeadlightError
from gpt.text.cutting import beginning
from gpt.training import held_out, snapshots
from gpt.training.runs import Run
from pages.shared import folders, loads
from viz.text import readable


def own_text(run: str, speaker: str | None = None) -> str | None:
    """What a run was validated on, or what one speaker said of it; None where it is not here."""
    return _own(run, loads.stamp(run), speaker)


@st.cache_resource(max_entries=8, show_spinner=False)
def _own(run: str, stamp: int, speaker: str | None) -> str | None:
    try:
        return held_out.validation_text(Run(folders.folder_of(run)), speaker)
    except HeadlightError:
        return None


def speakers(run: str) -> dict[str, int]:
    """Characters of each speaker that were held out; those of whom nothing was are left out."""
    return _speakers(run, loads.stamp(run))


@st.cache_resource(max_entries=8, show_spinner=False)
def _speakers(run: str, stamp: int) -> dict[str, int]:
    try:
        lengths = held_out.speakers(Run(folders.folder_of(run)))
    except HeadlightError:
        return {}
    return {name: length for name, length in lengths.items() if length}


def passage(checkpoint: gpt.Checkpoint, speaker: str) -> str:
    """The beginning of what a speaker said that was held out, as long as a prompt may well be."""
    text = own_text(checkpoint.path.name, speaker) or ""
    length = min(snapshots.PROBE_TOKENS, checkpoint.config.block_size)
    ids = checkpoint.tokenizer.encode_start(text)
    return checkpoint.tokenizer.decode(beginning(checkpoint.tokenizer, ids, length))


def speaker_label(name: str) -> str:
    """A speaker, as a menu shows one."""
    return readable(name)
