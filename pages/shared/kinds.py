"""The kinds of the runs: which write, which classify, which translate; without their weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from gpt.checkpoint import model_config
from gpt.errors import HeadlightError
from gpt.nn.config import GPTConfig
from gpt.run_files import read_config
from gpt.silence import fills_in
from pages.shared import folders


def config_of(run: str) -> GPTConfig | None:
    """The architecture of a run; None if its config.json cannot be read."""
    path = folders.checkpoints() / run / "config.json"
    try:
        return _config(str(path), path.stat().st_mtime_ns)
    except OSError:
        return None


@st.cache_resource(max_entries=256, show_spinner=False)
def _config(path: str, stamp: int) -> GPTConfig | None:
    try:
        return model_config(read_config(Path(path).parent))
    except HeadlightError:
        return None


def is_translator(run: str) -> bool:
    """Whether a run reads one text and writes another."""
    config = config_of(run)
    return config is not None and config.kind == "encoder-decoder"


def is_classifier(run: str) -> bool:
    """Whether a run gives a text a label."""
    config = config_of(run)
    return config is not None and config.is_classifier


def is_filler(run: str) -> bool:
    """Whether a run says which token stands at a hidden one."""
    path = folders.checkpoints() / run / "config.json"
    try:
        return _fills_in(str(path), path.stat().st_mtime_ns)
    except OSError:
        return False


@st.cache_resource(max_entries=256, show_spinner=False)
def _fills_in(path: str, stamp: int) -> bool:
    try:
        return fills_in(read_config(Path(path).parent))
    except HeadlightError:
        return False


def reads_whole(run: str) -> bool:
    """Whether a run reads a whole text, to give it a label or to fill in a hidden token."""
    return is_classifier(run) or is_filler(run)


@dataclass(frozen=True)
class RunKind:
    """The runs that a page is about.

    Fields:
        fits: whether a run, by its name, is one of them.
        first: the names of the runs that are chosen at first, if they are there, the best first.
        lacks: what another run does not do, in a few words.
    """

    fits: Callable[[str], bool]
    first: tuple[str, ...]
    lacks: str

    def among(self, names: Sequence[str]) -> list[str]:
        """Those of the runs that fit, the first choices first."""
        places = {name: place for place, name in enumerate(self.first)}
        return sorted(filter(self.fits, names), key=lambda name: places.get(name, len(places)))


ENCODERS = RunKind(
    reads_whole,
    ("reviews", "sentiment"),
    "it gives a text no label and fills in no hidden token",
)
TRANSLATORS = RunKind(is_translator, ("translation", "numbers-fr"), "it reads one text only")
