"""The text and the seed of the page: Train's texts, and those of ladders that were climbed here."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gpt.checkpoint import model_config
from gpt.errors import CheckpointError
from gpt.shape_only import count_parameters
from gpt.text import corpus as corpora
from gpt.text import fetch
from gpt.text.builtin import BUILTIN
from gpt.text.corpus import Corpus
from gpt.training.ladder.climbing import Climb, climbs
from gpt.training.ladder.rungs import SEED, Rung
from gpt.training.ladder.standing import Standing, standings
from gpt.training.runs import TEXT, Run
from pages.parts.ladder.ladder_state import LadderState
from pages.parts.tensors.corpus_menu import SEED as TEXT_SEED
from pages.parts.tensors.corpus_menu import WRITTEN, written
from pages.parts.train.choice_names import SHAKESPEARE
from pages.parts.train.training_text import TITLES, Text, chosen_text
from pages.shared import folders, page_state, url_controls
from viz.text import readable

INSTEAD = "plays"


@dataclass(frozen=True, eq=False)
class ClimbText:
    """A text and a seed, with or without trained runs.

    Fields:
        title: of the text.
        sha256: of the text.
        seed: of weights and batches.
        vocab_size: V.
        text: the text as it was read; None if it comes from a run.
        run: a run that learned from the text; None if there is none.
    """

    title: str
    sha256: str
    seed: int
    vocab_size: int
    text: Text | None
    run: Run | None

    def corpus(self) -> Corpus:
        """The text itself.

        Raises:
            CheckpointError: it is no longer on this machine.
        """
        if self.text is not None:
            return self.text.corpus
        assert self.run is not None
        try:
            return self.run.corpus()
        except CheckpointError:  # a run may be shared without its text, which may have been fetched
            path = fetch.cached(self.sha256)
            if path is None:
                raise
            return Corpus(SHAKESPEARE, corpora.from_files([path]).documents)

    @property
    def has_text(self) -> bool:
        """Whether the text itself is on this machine."""
        return self.text is not None or (self.run is not None and _is_here(self.run))

    def with_seed(self, seed: int) -> ClimbText:
        """The same text with another seed."""
        return replace(self, seed=seed)

    def standings(self) -> list[Standing]:
        """The standing of every rung now."""
        return standings(folders.checkpoints(), self.sha256, self.seed)


def choose(row: DeltaGenerator, state: LadderState, reads: bool = False) -> ClimbText | None:
    """Draw both controls; None, with a message, if the text is not there yet.

    Args:
        row: gets the controls; a text's own controls are drawn below.
        reads: whether the text itself is read, and not only its runs.

    Raises:
        TextError: an uploaded file cannot be read.
    """
    known = climbs(folders.checkpoints())
    with row:
        name = _text_menu(known, state, reads)
        seed = _seed_field(name, known, state)
    titles = _titles(known)
    run = next(
        (_some_run(known_text) for known_text in known if _listed_as(known_text) == name), None
    )
    if run is not None and (not reads or name not in TITLES or _is_here(run)):
        data, V = run.config()["data"], model_config(run.config()).vocab_size
        return ClimbText(titles[name], data["sha256"], seed, V, None, run)
    text = written(name) if name in BUILTIN else chosen_text(name)
    if text is None:
        return None
    sha256 = json.loads(text.digest)["sha256"]
    return ClimbText(titles[name], sha256, seed, text.tokenizer.vocab_size, text, None)


def _text_menu(known: list[Climb], state: LadderState, reads: bool) -> str:
    titles, default = _titles(known), _default(known, reads)
    lacks = f"there is no text {state.climb_text!r}; there are {', '.join(titles)}"
    page_state.fitted(state, "climb_text", titles, default, lacks)
    chosen: str = st.selectbox(
        "Text",
        list(titles),
        format_func=lambda name: titles[name],
        **page_state.control("climb_text"),
        help="The lecture's figures hold for Tiny Shakespeare only.",
        width=240,
    )
    return chosen


def _titles(known: list[Climb]) -> dict[str, str]:
    """The texts that only runs here have, then those that Train offers."""
    own = {
        _listed_as(known_text): f"{readable(known_text.text)} (of runs here)"
        for known_text in known
    }
    return {name: title for name, title in own.items() if name not in TITLES} | TITLES


def _default(known: list[Climb], reads: bool) -> str:
    """The first text: Tiny Shakespeare, or one that was climbed on, or a text of our own.

    What was climbed on here comes before what came trained.
    """
    there = [climb for climb in known if not reads or _is_here(_some_run(climb))]
    every = [_listed_as(climb) for climb in sorted(there, key=lambda climb: not _is_own(climb))]
    source = fetch.SOURCES["shakespeare"]
    if (fetch.cache_folder() / source.file).is_file():
        return SHAKESPEARE
    own = [_listed_as(climb) for climb in there if _is_own(climb)]
    return SHAKESPEARE if SHAKESPEARE in own else next(iter(every), INSTEAD)


def _is_own(climb: Climb) -> bool:
    """Whether a run of a climb was trained here, and was not shared."""
    return any(run is not None and not run.is_shared for run in climb.runs)


def _is_here(run: Run) -> bool:
    """Whether the text that a run learned from is on this machine."""
    data = run.config()["data"]
    kept = "builtin" in data or (run.path / TEXT).is_dir()
    return kept or fetch.cached(data["sha256"]) is not None


def _listed_as(climb: Climb) -> str:
    """The menu's name for the text of a climb."""
    if climb.sha256 == fetch.SOURCES["shakespeare"].sha256:
        return SHAKESPEARE
    data = _some_run(climb).config()["data"]
    source = tuple(data.get(part) for part in ("seed", "length"))
    if data.get("builtin") in BUILTIN and source == (TEXT_SEED, WRITTEN) and "only" not in data:
        return str(data["builtin"])
    return climb.sha256[:12]


def _some_run(climb: Climb) -> Run:
    return next(run for run in climb.runs if run is not None)


def _seed_field(name: str, known: list[Climb], state: LadderState) -> int:
    seeds = sorted({known_text.seed for known_text in known if _listed_as(known_text) == name})
    meaning = "Of first weights and batches; the lecture's is 1337. Trained on this text so far:"
    return url_controls.seed(
        state, "climb_seed", SEED, f"{meaning} {', '.join(map(str, seeds)) or 'none'}."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def parameters(name: str, vocab_size: int, _rung: Rung) -> int:
    """Number of parameters of a rung; allocates nothing."""
    return count_parameters(_rung.model_config(vocab_size))
