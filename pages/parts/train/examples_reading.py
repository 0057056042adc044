"""The examples of a new run, labelled texts or pairs: built-in ones, or a person's own files."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from itertools import islice
from operator import attrgetter
from typing import Any

import streamlit as st

from gpt.checkpoint import Checkpoint
from gpt.errors import HeadlightError, TextError
from gpt.text import corpus as corpora
from gpt.text import example_tables, labelled, pairs
from gpt.text.builtin.generated import BUILTIN_EXAMPLES
from gpt.text.labelled import LabelledExamples
from gpt.text.leak_free import Split
from gpt.text.pairs import PairExamples
from gpt.text.tokenizer import Tokenizer
from gpt.text.tokenizers import choices
from gpt.training.data import split_examples
from pages.parts.train.choice_names import EXAMPLES, UPLOAD
from pages.parts.train.train_state import TrainState
from pages.shared import loads, page_state
from pages.shared.plain import plain, sentence
from pages.shared.uploads import Handed, files_field
from viz.text import readable

Examples = LabelledExamples | PairExamples
SIDES = {"classify": ("Texts", "Labels"), "translate": ("Sources", "Targets")}
HINTS = {
    "classify": "Two text files or more, one a class, an example a line; or a table (TSV, CSV, "
    "JSONL) with a column of texts and one of labels.",
    "translate": "A table (TSV, CSV, JSONL) with a column of sources and one of targets; or two "
    "text files whose lines belong together, the sources first.",
}
FIRST_ROWS = 8
GUESSED = ""
"""In the menu of columns: the one that is guessed."""


@dataclass(frozen=True, eq=False)
class ExamplesReading:
    """Examples as a run will read them.

    Fields:
        examples: all of them; split: which are learned from and which are held out.
        tokenizer, source_tokenizer: of their tokens; the latter only if sources have their own.
        digest: equal for equal readings.
    """

    examples: Examples
    split: Split
    tokenizer: Tokenizer
    source_tokenizer: Tokenizer | None
    digest: str


def examples_menu(state: TrainState) -> str:
    """Draw the choice of examples; return its name."""
    titles = EXAMPLES[state.task]
    words = f"examples of this task are {', '.join(titles)}"
    state = of_this_task(state, "examples", titles)
    page_state.fitted(state, "examples", list(titles), next(iter(titles)), words)
    chosen: str = st.selectbox(
        "Examples",
        list(titles),
        format_func=titles.__getitem__,
        **page_state.control("examples"),
    )
    return chosen


def of_this_task(state: TrainState, name: str, offered: Collection[str]) -> TrainState:
    """The state without a choice that was made for another task, which is no fault of this one's.

    Args:
        name: of the field.
        offered: what this task offers.
    """
    came_along = page_state.is_linked(name) and not page_state.is_chosen("task")
    if getattr(state, name) in offered or came_along:
        return state
    nothing: dict[str, Any] = {name: None}
    return replace(state, **nothing)


def reading(
    name: str, wanted: str, state: TrainState, given: Checkpoint | None = None
) -> ExamplesReading | None:
    """The chosen examples, with the controls that they need; None if they are not there yet.

    Args:
        wanted: the tokenizer with its size, or "" for what suits the examples.
        given: a run whose tokenizer is taken.
    """
    try:
        chosen = _uploaded_field(state) if name == UPLOAD else (name, _builtin(state.task, name))
        if chosen is None:
            return None
        digest, examples = chosen
        split = _split(digest, examples)
        if given is not None:
            key = f"{digest}:of:{given.path.name}:{loads.stamp(given.path.name)}"
            return ExamplesReading(examples, split, given.tokenizer, None, key)
        own, of_source = _tokenizers(digest, wanted, name, examples, split)
    except HeadlightError as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return None
    return ExamplesReading(examples, split, own, of_source, f"{digest}:{wanted}")


@st.cache_resource(max_entries=4, show_spinner="Writing the examples…")
def _builtin(task: str, name: str) -> Examples:
    return labelled.from_builtin(name) if task == "classify" else pairs.from_builtin(name)


def _uploaded_field(state: TrainState) -> tuple[str, Examples] | None:
    """The person's own examples, and what names them; None without files."""
    files = files_field(
        HINTS[state.task],
        f"{state.task}_files",
        None,
        several=True,
        most=corpora.MAX_BYTES,
    )
    if not files:
        st.caption("Nothing chosen yet. They stay on this machine.")
        return None
    first, second = _columns_menus(files, state)
    ids = tuple(file.file_id for file in files)
    digest = f"{state.task}:{ids}:{first}:{second}"
    return digest, _read(state.task, ids, first, second, files)


@st.cache_resource(max_entries=2, ttl=3600, show_spinner="Reading the files…")
def _read(
    task: str, ids: tuple[str, ...], first: str | None, second: str | None, _files: list[Handed]
) -> Examples:
    contents = [(file.name, file.content) for file in _files]
    read: Callable[..., Examples] = labelled.from_bytes if task == "classify" else pairs.from_bytes
    return read(contents, first, second)


def _columns_menus(files: list[Handed], state: TrainState) -> tuple[str | None, str | None]:
    """Draw the choice of the two columns of a table; None, None for text files.

    Raises:
        TextError: a table that cannot be read.
    """
    if not all(example_tables.is_table(file.name) for file in files):
        return None, None
    of = labelled if state.task == "classify" else pairs
    names = list(of.columns(files[0].name, files[0].content))
    chosen = []
    with st.container(horizontal=True):
        for field, label in zip(("first", "second"), SIDES[state.task], strict=True):
            words = f"{files[0].name} has the columns {', '.join(names)}"
            page_state.fitted(state, field, [GUESSED, *names], GUESSED, words)
            chosen.append(
                st.selectbox(
                    f"Column of {label.lower()}",
                    [GUESSED, *names],
                    format_func=lambda name: readable(name) or "guess it",
                    **page_state.control(field),
                    width=220,
                )
            )
    first, second = (name or None for name in chosen)
    if first is not None and first == second:
        raise TextError(f"both columns are {first!r}; choose two")
    return first, second


@st.cache_resource(max_entries=4, show_spinner="Looking for sentences that stand twice…")
def _split(digest: str, _examples: Examples) -> Split:
    return split_examples(_examples)


@st.cache_resource(max_entries=4, show_spinner="Training the tokenizer…")
def _tokenizers(
    digest: str, wanted: str, name: str, _examples: Examples, _split: Split
) -> tuple[Tokenizer, Tokenizer | None]:
    """The tokenizer of the preset, or those that suit the examples; held-out ones are not read.

    Characters are those of all examples: a vocabulary that lacks one could not read it.
    """
    suited = BUILTIN_EXAMPLES.get(name)
    own, of_source = wanted or "characters", None
    if not wanted and suited is not None:
        own, of_source = suited.tokenizer, suited.source_tokenizer
    learned = _examples.take(_split.training.tolist())

    def tokenizer(spec: str, side: str) -> Tokenizer:
        kind, size = choices.parse(spec)
        text: Any = attrgetter(side)(_examples if kind == "characters" else learned)
        return choices.make(kind, text, size)

    if of_source is None:
        return tokenizer(own, "text"), None
    return tokenizer(own, "target_text"), tokenizer(of_source, "source_text")


def look(name: str, read: ExamplesReading) -> None:
    """Draw what the examples are, how they are split, and the first of them."""
    if name in BUILTIN_EXAMPLES:
        st.markdown(BUILTIN_EXAMPLES[name].description)
    for note in (*read.examples.notes, *read.split.notes):
        st.caption(plain(note))
    examples = read.examples
    if isinstance(examples, PairExamples):
        rows = zip(examples.sources, examples.targets, strict=True)
    else:
        rows = zip(examples.texts, (examples.labels[k] for k in examples.classes), strict=True)
    first = islice(rows, FIRST_ROWS)
    lines = [f"{readable(text)}  →  {readable(answer)}" for text, answer in first]
    st.code("\n".join(lines), language=None, wrap_lines=True)
