"""The prompt bar: which run, and what it reads; every way a prompt can be wrong is said here."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

import gpt
from gpt.errors import CheckpointError, PromptError, describe_character
from gpt.text import cutting
from gpt.text.repair import drop_unknown, replace_unknown
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from gpt.training import snapshots
from pages.shared import folders, loads, page_state, passages
from pages.shared.parameters import OfRun, Reads
from pages.shared.plain import plain
from viz.text import visible

BREAK = "↵"
SENTENCE = "The cat sat on the mat because it was tired."
PASSAGE = "prompt_passage"


@dataclass(frozen=True)
class Prompt:
    """A run and what it reads.

    Fields:
        run: its name.
        text: the whole prompt.
        ids: what the model reads of it: the last `block_size` tokens at most.
    """

    run: str
    text: str
    ids: tuple[int, ...]

    @property
    def checkpoint(self) -> gpt.Checkpoint:
        """The run's latest weights."""
        return loads.checkpoint(self.run)


def prompt_bar(state: Reads, beginning: bool = False) -> Prompt:
    """Draw the run's menu and the prompt's field; return what they say.

    Args:
        state: of the page.
        beginning: for a model of documents that end, offer the beginning of one and not a whole.

    Raises:
        PromptError: the prompt cannot be read; the message says why and what would work.
        CheckpointError: there is no run, or the chosen one cannot be loaded.
    """
    names, wanted = _known_runs(state)
    people = list(passages.speakers(wanted))
    columns = st.columns([1, 3, 1] if len(people) > 1 else [1, 4], vertical_alignment="bottom")
    with columns[0]:
        run = _menu(names)
    checkpoint = loads.checkpoint(run)
    default = _default_prompt(checkpoint, beginning)
    if len(people) > 1:
        with columns[2]:
            _passage_menu(checkpoint, people)
    with columns[1]:
        text = prompt_field(state.prompt, default, checkpoint.tokenizer)
    _refuse_unknown(checkpoint.tokenizer, text, default)
    return Prompt(run, text, tuple(_read_part(text, checkpoint)))


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


def run_menu(state: OfRun) -> str:
    """Draw the run's menu alone; return what it says.

    Raises:
        CheckpointError: there is no run.
    """
    return _menu(_known_runs(state)[0])


def _menu(names: list[str]) -> str:
    run: str = st.selectbox("Model", names, **page_state.control("run"))
    return run


def _known_runs(state: OfRun) -> tuple[list[str], str]:
    """The runs that can be chosen, and the one that is; a link to one that is not there is told."""
    names = folders.run_names()
    if not names:
        raise CheckpointError("There is no trained model yet. Train one on the Train page.")
    lacks = f"there is no run {state.run!r} with weights here (deleted, or on another machine?)"
    run = page_state.fitted(state, "run", names, names[0], lacks).run
    assert run is not None
    return names, run


def prompt_field(chosen: str | None, default: str, tokenizer: Tokenizer) -> str:
    """Draw the prompt's field; return the text that it stands for.

    Args:
        chosen: what the page's state says; None: nothing was typed yet.
        default: what is shown then.

    Raises:
        PromptError: the field is empty.
    """
    own = to_field(default, tokenizer)
    field = own if chosen is None else to_field(chosen, tokenizer)
    if chosen is not None and field == own:
        page_state.forget("prompt")  # who has not typed anything sees each model read its own text
    page_state.show("prompt", field)
    typed: str = st.text_input(
        "Prompt",
        **page_state.control("prompt"),
        help=f"Press Enter to run the model. A line break is shown as {BREAK}; type it so, or "
        "as \\n.",
    )
    if not typed:
        page_state.forget("prompt")  # other pages need not fail for it
        raise PromptError(
            "The prompt is empty. Type at least one character and press Enter; a line break is "
            f"typed as {BREAK} or \\n."
        )
    return from_field(typed, tokenizer)


def to_field(text: str, tokenizer: Tokenizer) -> str:
    """A text in one line: line breaks as ↵, unless the vocabulary has that sign itself."""
    return text if _has(tokenizer, BREAK) else text.replace("\n", BREAK)


def from_field(typed: str, tokenizer: Tokenizer) -> str:
    """What a line typed by a person means: ↵ and \\n are line breaks, where they can be."""
    if not _has(tokenizer, BREAK):
        typed = typed.replace(BREAK, "\n")
    return typed if _has(tokenizer, "\\") else typed.replace("\\n", "\n")


def _has(tokenizer: Tokenizer, character: str) -> bool:
    """Whether a vocabulary of characters has this one; others could write any, and need not."""
    return isinstance(tokenizer, CharacterTokenizer) and not tokenizer.unknown(character)


@st.cache_data(max_entries=64, show_spinner=False)
def _probe(run: str, stamp: int) -> list[int]:
    folder = folders.checkpoints() / run
    steps = snapshots.steps(folder)
    return snapshots.read(folder, steps[0]).ids.tolist() if steps else []


def _default_prompt(checkpoint: gpt.Checkpoint, beginning: bool) -> str:
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


def _refuse_unknown(tokenizer: Tokenizer, text: str, default: str) -> None:
    unknown = tokenizer.unknown(text)
    if not unknown:
        return
    first = [f"{describe_character(c)} at position {i}" for i, c in unknown[:3]]
    more = f", and {len(unknown) - 3} more" if len(unknown) > 3 else ""
    st.error(
        plain(
            f"This model's vocabulary of {tokenizer.vocab_size:,} tokens lacks "
            f"{'; '.join(first)}{more}."
        ),
        icon=":material/error:",
    )
    with st.container(horizontal=True):
        _offer("Drop them", drop_unknown(tokenizer, text), tokenizer)
        _offer("Replace them", replace_unknown(tokenizer, text), tokenizer)
        _offer("Use this model's own prompt", default, tokenizer)
    page_state.publish_asked()  # a reload must not lose what was typed
    st.stop()


def _offer(label: str, text: str, tokenizer: Tokenizer) -> None:
    """A button that puts a text into the prompt's field; nothing is changed unasked."""
    field = to_field(text, tokenizer)
    st.button(
        label,
        on_click=lambda: page_state.put(prompt=field),
        help=plain(field) or "nothing would be left",
    )


def _read_part(text: str, checkpoint: gpt.Checkpoint) -> list[int]:
    length, ids = len(checkpoint.ids_of(text)), checkpoint.last_ids(text)
    if length > len(ids):
        start = "".join(visible(piece) for piece in checkpoint.tokenizer.pieces(ids)[:20])
        st.info(
            f"The prompt has {length:,} tokens; this model reads {checkpoint.config.block_size:,} "
            f"at most. Used: the last {len(ids):,}, from “{plain(start)}…” on.",
            icon=":material/content_cut:",
        )
    return ids
