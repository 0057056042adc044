"""Two texts: the source that an encoder reads, and the target that a decoder writes for it."""

from __future__ import annotations

import streamlit as st

import gpt
from gpt.inspect import translating
from gpt.nn.encoder_decoder import EncoderDecoder
from gpt.text import cutting
from pages.shared import loads, page_state
from pages.shared.loads import Ids
from pages.shared.parameters import Reads

SENTENCE = "The cat sat on the mat because it was tired."
LONGEST_TARGET = 64
"""Tokens of a target that the model writes by itself, at most."""


def default_source(checkpoint: gpt.Checkpoint) -> str:
    """A source that the model can read: a sentence, or the beginning of its vocabulary."""
    tokenizer = checkpoint.source_tokenizer
    if tokenizer.unknown(SENTENCE):
        return tokenizer.decode([0])
    most = checkpoint.config.encoder.block_size
    return tokenizer.decode(cutting.beginning(tokenizer, tokenizer.encode_part(SENTENCE), most))


def own_translation(run: str, source: Ids) -> str:
    """The model's own translation of a source, always taking the likeliest token."""
    checkpoint = loads.checkpoint(run)
    return checkpoint.tokenizer.decode(translated(run, source))


def translated(run: str, source: Ids) -> list[int]:
    """The ids of the model's own translation, without what begins and ends it."""
    return _translated(run, loads.stamp(run), source)


@st.cache_resource(max_entries=64, show_spinner=False)
def _translated(run: str, stamp: int, source: Ids) -> list[int]:
    checkpoint = loads.checkpoint(run)
    start, end, model = checkpoint.target_start, checkpoint.end, checkpoint.model
    assert end is not None and isinstance(model, EncoderDecoder)
    most = min(LONGEST_TARGET, checkpoint.config.block_size - len(start))
    (ids,) = translating.greedy(model, [source], start, end, most, never=checkpoint.never)
    return ids


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
