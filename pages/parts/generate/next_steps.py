"""Steps: the prediction after a text, which is read once, with a cache of keys and values."""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Iterator
from dataclasses import replace

import streamlit as st

import gpt
from gpt.inspect.generation import next_step
from gpt.inspect.reader import Reader, Reading
from pages.parts.generate.branches import is_full
from pages.parts.generate.sampling_settings import GenerateSettings
from pages.shared import loads, switch_text
from pages.shared.large_traces import cores
from pages.shared.prompt_bar import Prompt

Ids = tuple[int, ...]


def reading(prompt: Prompt, settings: GenerateSettings, continuation: Ids) -> Reading:
    """The prediction after prompt and continuation; the same text is not read again."""
    ids = prompt.ids + continuation
    stamp = loads.stamp(prompt.run)
    # Hashing a tuple of a thousand numbers takes Streamlit longer than a step takes the model.
    digest = array("q", ids).tobytes()
    made_of = prompt.run, stamp, prompt.source, settings.mask, settings.scale
    return _reading(_session(), *made_of, digest, ids)


def next_token(prompt: Prompt, settings: GenerateSettings, continuation: Ids) -> gpt.Step:
    """The next step, exactly as `gpt.generate` takes it."""
    last_reading = reading(prompt, settings, continuation)
    sampling = replace(settings.sampling, never=tuple(prompt.checkpoint.never))
    return next_step(last_reading, prompt.ids + continuation, sampling, settings.seed)


def many(prompt: Prompt, settings: GenerateSettings, continuation: Ids, n: int) -> Iterator[Ids]:
    """The continuation after each of n more steps, or until nothing can be added."""
    for _ in range(n):
        if is_full(prompt, continuation):
            return
        continuation = (*continuation, next_token(prompt, settings, continuation).id)
        yield continuation


@st.cache_resource(max_entries=64, show_spinner=False)
def _reading(
    session: str,
    run: str,
    stamp: int,
    source: Ids,
    mask: str,
    scale: str | float,
    digest: bytes,
    _ids: Ids,
) -> Reading:
    with cores(loads.Look(run, _ids)):
        return _reader(session, run, stamp, source, mask, scale).read(_ids)


@st.cache_resource(max_entries=4, show_spinner=False)
def _reader(
    session: str, run: str, stamp: int, source: Ids, mask: str, scale: str | float
) -> Reader:
    """The session's own reader: a cache of one person's text does not help another."""
    switches = switch_text.switches(mask, scale)
    return Reader(loads.checkpoint(run).model, switches, look=True, source=source or None)


@st.cache_resource(max_entries=6, show_spinner=False)
def _pieces(run: str, stamp: int) -> list[str]:
    tokenizer = loads.checkpoint(run).tokenizer
    return tokenizer.pieces(range(tokenizer.vocab_size))


def vocabulary(run: str) -> list[str]:
    """The text of every token of a run."""
    return _pieces(run, loads.stamp(run))


def _session() -> str:
    name: str = st.session_state.setdefault("_generate_session", secrets.token_hex(8))
    return name
