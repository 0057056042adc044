"""Playing: what the buttons do to the text that is generated, one token at a time or many."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import gpt
from pages.parts.generate import branches, buttons, next_steps
from pages.parts.generate.sampling_settings import GenerateSettings
from pages.shared.page_parts import repeated
from pages.shared.prompt_bar import Prompt

SECONDS_A_TOKEN = 0.45
_LEFT = "_generate_left"

Drawn = Callable[[Prompt, GenerateSettings, bool], None]
"""A part that moves: it draws the text so far, and is told whether it plays."""


def played(part: Drawn) -> Callable[[Prompt, GenerateSettings], None]:
    """A part that runs again and again while it plays, until the page changes otherwise."""
    wish = buttons.wish()
    is_playing = wish == "play"
    if wish == "more":
        buttons.ask(wish)  # for the fragment, which draws its progress
    if is_playing:
        st.session_state[_LEFT] = buttons.PLAY
    fragment = repeated(part, SECONDS_A_TOKEN if is_playing else None)
    return lambda prompt, settings: fragment(prompt, settings, is_playing)


def moved(
    prompt: Prompt, settings: GenerateSettings, is_playing: bool
) -> tuple[branches.Ids, gpt.Step]:
    """Do what the buttons asked for, and draw them; return the continuation and the next step."""
    tokenizer = prompt.checkpoint.tokenizer
    wish = buttons.wish()
    if wish in ("play", "stop"):
        buttons.ask(wish)
        st.rerun()
    # Always there, so that the elements below keep their places and need not be built again.
    progress = st.empty()
    if wish == "more":
        _add_many(prompt, settings, branches.current(tokenizer), progress)
    if is_playing:
        _play_one(prompt, settings, branches.current(tokenizer))
    now = branches.current(tokenizer)
    step = next_steps.next_token(prompt, settings, now)
    buttons.button_row(prompt, now, step, is_playing)
    return now, step


def _play_one(prompt: Prompt, settings: GenerateSettings, now: branches.Ids) -> None:
    if branches.is_full(prompt, now) or st.session_state[_LEFT] <= 0:
        buttons.ask("stop")
        st.rerun()
    st.session_state[_LEFT] -= 1
    token = next_steps.next_token(prompt, settings, now).id
    branches.change((*now, token), prompt.checkpoint.tokenizer)


def _add_many(
    prompt: Prompt, settings: GenerateSettings, now: branches.Ids, slot: DeltaGenerator
) -> None:
    """Add many tokens; each is kept at once, so that leaving the page loses nothing."""
    n = buttons.AT_ONCE
    for done, ids in enumerate(next_steps.many(prompt, settings, now, n), start=1):
        branches.change(ids, prompt.checkpoint.tokenizer)
        if done % 5 == 0:
            slot.progress(done / n, text=f"{done} of {n} tokens")
    slot.empty()
