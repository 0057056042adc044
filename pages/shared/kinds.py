"""The kinds of the runs: which write, which classify, which translate; without their weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from gpt.checkpoint import model_config
from gpt.errors import HeadlightError
from gpt.nn.config import GPTConfig
from gpt.run_files import read_config
from gpt.silence import fills_in
from gpt.text.prompted import PREFERENCE
from pages.shared import folders


def config_of(run: str) -> GPTConfig | None:
    """The architecture of a run; None if its config.json cannot be read."""
    try:
        path = folders.folder_of(run) / "config.json"
        return _config(str(path), path.stat().st_mtime_ns)
    except (HeadlightError, OSError):
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
    return fills_in(info_of(run))


def is_reward_model(run: str) -> bool:
    """Whether a run weighs answers: its labels are those of comparisons."""
    return is_classifier(run) and tuple(info_of(run).get("labels") or ()) == PREFERENCE


def stages_before(run: str) -> list[str]:
    """The runs that a run began with: its parent first, then the parent's own, and so on."""
    names: list[str] = []
    while (parent := (info_of(run).get("begun_from") or {}).get("run")) and parent not in names:
        names.append(run := str(parent))
    return names


def info_of(run: str) -> Mapping[str, Any]:
    """What a run's config.json says; nothing if it cannot be read."""
    try:
        path = folders.folder_of(run) / "config.json"
        return _info(str(path), path.stat().st_mtime_ns)
    except (HeadlightError, OSError):
        return {}


@st.cache_resource(max_entries=256, show_spinner=False)
def _info(path: str, stamp: int) -> Mapping[str, Any]:
    try:
        return read_config(Path(path).parent)
    except HeadlightError:
        return {}


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
        ranks = {name: rank for rank, name in enumerate(self.first)}
        return sorted(filter(self.fits, names), key=lambda name: ranks.get(name, len(ranks)))


ENCODERS = RunKind(
    reads_whole,
    ("reviews", "sentiment"),
    "it gives a text no label and fills in no hidden token",
)
TRANSLATORS = RunKind(is_translator, ("translation", "numbers-fr"), "it reads one text only")
