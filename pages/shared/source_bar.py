"""Two texts: the source that an encoder reads, and the target that a decoder writes for it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

import gpt
from gpt.errors import HeadlightError
from gpt.inspect import translating
from gpt.text import cutting
from gpt.text.tokenizer import Tokenizer
from gpt.training import snapshots
from pages.shared import folders, loads, page_state
from pages.shared.loads import Ids
from pages.shared.parameters import Reads

SENTENCE = "The cat sat on the mat because it was tired."


def default_source(checkpoint: gpt.Checkpoint) -> str:
    """The source that the run was probed with while it learned; or one that the model can read."""
    tokenizer = checkpoint.source_tokenizer
    if ids := _probe(checkpoint.path.name, loads.stamp(checkpoint.path.name)):
        return tokenizer.decode(ids)
    if tokenizer.unknown(SENTENCE):
        pieces = tokenizer.pieces(range(tokenizer.vocab_size))
        return next((piece for piece in pieces if piece.strip()), pieces[0])
    ids = tokenizer.encode_part(SENTENCE)
    frame = len(tokenizer.encode(SENTENCE)) - len(ids)  # such as the token that ends a source
    most = checkpoint.config.encoder.block_size - frame
    return tokenizer.decode(cutting.beginning(tokenizer, ids, most))


@st.cache_data(max_entries=64, show_spinner=False)
def _probe(run: str, stamp: int) -> list[int]:
    first = snapshots.first(folders.folder_of(run))
    return [] if first is None or first.source is None else first.source.tolist()


def is_anothers(name: str, typed: str, run: str) -> bool:
    """Whether a text was typed for another model than this one.

    What a link names, and what is typed now, is this model's.

    Args:
        name: of the text's field.
    """
    texts: dict[str, tuple[str, str]] = st.session_state.setdefault("_texts_of_runs", {})
    came_along = page_state.is_linked(name) and not page_state.is_chosen("run")
    if name not in texts or texts[name][0] != typed or came_along:
        texts[name] = typed, run
    return texts[name][1] != run


def can_read(tokenizer: Tokenizer, text: str, ids_of: Callable[[str], list[int]]) -> bool:
    """Whether a model reads a text whole, most of it in words that it knows.

    Args:
        ids_of: the ids of a text as the model reads it, or an error.
    """
    try:
        pieces = tokenizer.pieces(ids_of(text))
    except HeadlightError:
        return False
    unknown = set(tokenizer.replaced(text).values())
    return 2 * sum(piece in unknown for piece in pieces) <= len(pieces)


def own_translation(run: str, source: Ids) -> str:
    """The model's own translation of a source, always taking the likeliest token.

    One that does not end is cut to what the decoder reads after its start.
    """
    checkpoint = loads.checkpoint(run)
    most, ids = checkpoint.config.block_size, translated(run, source)
    text = checkpoint.tokenizer.decode(ids)
    while ids and len(checkpoint.ids_of(text)) > most:
        ids = ids[:-1]
        text = checkpoint.tokenizer.decode(ids)
    return text


def translated(run: str, source: Ids) -> list[int]:
    """The ids of the model's own translation, without what begins and ends it."""
    return _translated(run, loads.stamp(run), source)


@st.cache_resource(max_entries=64, show_spinner=False)
def _translated(run: str, stamp: int, source: Ids) -> list[int]:
    checkpoint = loads.checkpoint(run)
    model, end = translating.encoder_decoder(checkpoint.model), checkpoint.end
    assert end is not None  # a model of two texts has one
    start, never = checkpoint.target_start, checkpoint.never
    return translating.greedy(model, [source], start, end, never=never)[0]


def prompt_of_kind(state: Reads, two_texts: bool) -> str | None:
    """What was typed for a model of this kind: a target is no prompt for a model of one text."""
    kept: dict[bool, str | None] = st.session_state.setdefault("_prompts_of_kinds", {})
    before = st.session_state.get("_prompt_of_two_texts", two_texts)
    st.session_state["_prompt_of_two_texts"] = two_texts
    came_along = page_state.is_linked("prompt") and not page_state.is_chosen("run")
    if before == two_texts or came_along:
        return state.prompt
    kept[before] = state.prompt
    if (chosen := kept.get(two_texts)) is None:
        page_state.forget("prompt")
    else:
        page_state.put(prompt=chosen)
    return chosen
