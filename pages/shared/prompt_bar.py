"""The prompt bar: which run, and what it reads; every way a prompt can be wrong is said here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

import gpt
from gpt.errors import CheckpointError
from gpt.nn.switches import DEFAULT
from gpt.text import cutting
from gpt.training import snapshots
from gpt.whole_characters import first_characters
from pages.shared import folders, kinds, loads, page_state, passages, source_bar
from pages.shared.kinds import RunKind
from pages.shared.loads import Look
from pages.shared.parameters import OfRun, Reads, ReadsSource
from pages.shared.plain import plain
from pages.shared.run_line import run_line
from pages.shared.text_field import (
    BREAK,
    SOURCE,
    TARGET,
    TextField,
    refuse_unknown,
    say_replaced,
    text_field,
    to_field,
)

SENTENCE = "The cat sat on the mat because it was tired."
PASSAGE = "prompt_passage"
BEGINNING = 36
"""Characters of a text that name it."""


@dataclass(frozen=True)
class Prompt:
    """A run and what it reads.

    Fields:
        run: its name.
        text: the whole prompt; of a model of two texts, the target.
        ids: what the model reads of it: `block_size` tokens at most.
        source_text, source: of a model of two texts, what its encoder reads; else None and nothing.
        site: the attention site that is looked at; "": the decoder's, or the only one.
    """

    run: str
    text: str
    ids: tuple[int, ...]
    source_text: str | None = None
    source: tuple[int, ...] = ()
    site: str = ""

    @property
    def checkpoint(self) -> gpt.Checkpoint:
        """The run's latest weights."""
        return loads.checkpoint(self.run)

    @property
    def link(self) -> dict[str, Any]:
        """The values of its fields in the URL."""
        return {"run": self.run, "prompt": self.text, "source": self.source_text}

    @property
    def query(self) -> dict[str, str]:
        """The same for a link to another page."""
        return {name: text for name, text in self.link.items() if text is not None}

    def look(self, switches: gpt.Switches = DEFAULT, site: str | None = None) -> Look:
        """The texts under switches, which are those of the site.

        Args:
            site: None: the prompt's own.
        """
        return Look(self.run, self.ids, switches, self.source, self.site if site is None else site)


def prompt_bar(state: Reads, beginning: bool = False, kind: RunKind | None = None) -> Prompt:
    """Draw the run's menu and the prompt's field; return what they say.

    Args:
        state: of the page.
        beginning: for a model of documents that end, offer the beginning of one and not a whole; of
            a target, nothing yet.
        kind: the runs on offer; None: all. At least one must be there.

    Raises:
        PromptError: the prompt cannot be read; the message says why and what would work.
        CheckpointError: there is no run, or the chosen one cannot be loaded.
    """
    names, wanted = _known_runs(state, kind)
    people = list(passages.speakers(wanted))
    two_texts = kinds.is_translator(wanted)
    shares = [1, 2, 2] if two_texts else [1, 3, 1] if len(people) > 1 else [1, 4]
    columns = st.columns(shares)  # a line below a field moves no other field
    with columns[0]:
        run = _menu(names)
    checkpoint = loads.checkpoint(run)
    chosen = source_bar.prompt_of_kind(state, two_texts)
    if two_texts:
        with columns[1]:
            source_text, source = source_field(checkpoint, state)
        with columns[2]:
            own = "" if beginning else source_bar.own_translation(run, source)
            return _with_target(checkpoint, chosen, own, source_text, source)
    default = default_prompt(checkpoint, beginning)
    if len(people) > 1:
        with columns[2]:
            _passage_menu(checkpoint, people)
    with columns[1]:
        text = text_field(chosen, default, checkpoint.tokenizer)
    refuse_unknown(checkpoint.tokenizer, text, default)
    say_replaced(checkpoint.tokenizer, text)
    return Prompt(run, text, tuple(_read_part(text, checkpoint)))


def source_field(checkpoint: gpt.Checkpoint, state: ReadsSource) -> tuple[str, loads.Ids]:
    """Draw the field of the source; return its text, and its ids as the encoder reads them.

    Raises:
        PromptError: the source is empty, or longer than the encoder reads.
    """
    tokenizer, default = checkpoint.source_tokenizer, source_bar.default_source(checkpoint)
    chosen = _readable(checkpoint, state.source, SOURCE)
    text = text_field(chosen, default, tokenizer, SOURCE)
    refuse_unknown(tokenizer, text, default, SOURCE)
    say_replaced(tokenizer, text)
    return text, tuple(checkpoint.source_ids(text))


def _readable(checkpoint: gpt.Checkpoint, typed: str | None, field: TextField) -> str | None:
    """What was typed; None, with a line that says so, if another model was to read it."""
    run, is_source = checkpoint.path.name, field is SOURCE
    tokenizer = checkpoint.source_tokenizer if is_source else checkpoint.tokenizer
    ids_of = checkpoint.source_ids if is_source else checkpoint.ids_of
    if typed is None or not source_bar.is_anothers(field.name, typed, run):
        return typed
    if source_bar.can_read(tokenizer, typed, ids_of):
        return typed
    st.caption(
        f"{plain(run)} cannot read your {field.label.lower()} “{plain(beginning_of(typed))}”, and "
        "has its own here; choose the model before, and yours is back."
    )
    return None


def source_prompt(state: ReadsSource, kind: RunKind) -> Prompt:
    """Draw the run's menu and the source's field alone; the target begins with nothing written.

    Raises:
        PromptError: the source cannot be read.
        CheckpointError: there is no run, or the chosen one cannot be loaded.
    """
    left, right = st.columns([1, 4])
    with left:
        run = run_menu(state, kind)
    with right:
        checkpoint = loads.checkpoint(run)
        text, source = source_field(checkpoint, state)
    return Prompt(run, "", tuple(checkpoint.target_start), text, source)


def _with_target(
    checkpoint: gpt.Checkpoint, chosen: str | None, own: str, source_text: str, source: loads.Ids
) -> Prompt:
    """Draw the field of the target; `own` is what it holds at first."""
    chosen = _readable(checkpoint, chosen, TARGET)
    text = text_field(chosen, own, checkpoint.tokenizer, TARGET)
    refuse_unknown(checkpoint.tokenizer, text, own, TARGET)
    say_replaced(checkpoint.tokenizer, text)
    return Prompt(
        checkpoint.path.name, text, tuple(_read_part(text, checkpoint)), source_text, source
    )


def _passage_menu(checkpoint: gpt.Checkpoint, people: list[str]) -> None:
    """A menu of speakers; a choice puts held-out words of theirs into the prompt's field."""
    st.selectbox(
        "Passage by",
        people,
        index=None,
        format_func=passages.speaker_label,
        key=PASSAGE,
        placeholder="choose…",
        on_change=lambda: _take_passage(checkpoint),
        help="Puts what this speaker said, and the model did not learn from, into the prompt.",
    )


def _take_passage(checkpoint: gpt.Checkpoint) -> None:
    chosen = st.session_state[PASSAGE]
    st.session_state[PASSAGE] = None
    if chosen is not None:
        text = passages.passage(checkpoint, chosen)
        page_state.put(prompt=to_field(text, checkpoint.tokenizer))


def run_menu(state: OfRun, kind: RunKind | None = None) -> str:
    """Draw the run's menu alone; return what it says.

    Args:
        kind: the runs on offer; None: all.

    Raises:
        CheckpointError: there is no run.
    """
    return _menu(_known_runs(state, kind)[0])


def _menu(names: list[str]) -> str:
    run: str = st.selectbox("Model", names, format_func=run_line, **page_state.control("run"))
    return run


def _known_runs(state: OfRun, kind: RunKind | None = None) -> tuple[list[str], str]:
    """The runs that can be chosen, and the one that is; a link to one that is not there is told."""
    every = folders.run_names()
    names = every if kind is None else kind.among(every)
    if not names:
        raise CheckpointError("There is no trained model yet. Train one on the Train page.")
    lacks = f"there is no run {state.run!r} with weights here (deleted, or on another machine?)"
    if kind is not None and state.run in every:
        lacks = f"this page cannot show {state.run!r}: {kind.lacks}"
    run = page_state.fitted(state, "run", names, names[0], lacks).run
    assert run is not None
    return names, run


@st.cache_data(max_entries=64, show_spinner=False)
def _probe(run: str, stamp: int) -> list[int]:
    first = snapshots.first(folders.folder_of(run))
    return [] if first is None else first.ids.tolist()


def default_prompt(checkpoint: gpt.Checkpoint, beginning: bool) -> str:
    """What the run itself was probed with while it learned: text it had not learned from.

    One that was not probed, an imported one say, reads a sentence, if it can.
    """
    run, tokenizer = checkpoint.path.name, checkpoint.tokenizer
    if beginning and checkpoint.end is not None:
        return tokenizer.decode([checkpoint.end])
    if ids := _probe(run, loads.stamp(run)):
        return tokenizer.decode(cutting.beginning(tokenizer, ids, len(ids)))
    if tokenizer.unknown(SENTENCE):
        return tokenizer.decode([0])
    ids = tokenizer.encode_start(SENTENCE)
    return tokenizer.decode(cutting.beginning(tokenizer, ids, checkpoint.config.block_size))


def beginning_of(text: str) -> str:
    """The first words of a text, in one line.

    >>> beginning_of("the cat sat on the mat because it was\\ntired of running")
    'the cat sat on the mat because it'
    """
    line = text.replace("\n", BREAK)
    if len(line) <= BEGINNING:
        return line
    first = first_characters(line, BEGINNING)
    return first.rsplit(" ", 1)[0] if " " in first else first


def _read_part(text: str, checkpoint: gpt.Checkpoint) -> list[int]:
    length, ids = len(checkpoint.ids_of(text)), checkpoint.last_ids(text)
    if length > len(ids):
        start = beginning_of(checkpoint.tokenizer.decode(ids))
        st.info(
            f"The prompt has {length:,} tokens; this model reads {checkpoint.config.block_size:,} "
            f"at most. Used: the last {len(ids):,}, from “{plain(start)}…” on.",
            icon=":material/content_cut:",
        )
    return ids
