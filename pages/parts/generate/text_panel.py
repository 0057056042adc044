"""The part of Generate that runs by itself: buttons, text, distribution."""

from __future__ import annotations

import streamlit as st

from gpt.text.streaming import texts
from pages.parts.generate import branches, next_steps, playing, tint_heads
from pages.parts.generate.cache_note import cache_words
from pages.parts.generate.distribution import distribution
from pages.parts.generate.generate_state import GenerateState
from pages.parts.generate.sampling_settings import GenerateSettings
from pages.parts.generate.save_generation import save
from pages.shared import page_state
from pages.shared.prompt_bar import Prompt
from viz.views.generated import generated_text


def panel(prompt: Prompt, settings: GenerateSettings, state: GenerateState) -> None:
    """Draw the part; while it plays it runs again and again, until the page changes otherwise."""
    branches.opened(prompt, state.continuation)
    playing.played(_moved)(prompt, settings)


def _moved(prompt: Prompt, settings: GenerateSettings, is_playing: bool) -> None:
    """Do what the buttons asked for, then draw."""
    now, step = playing.moved(prompt, settings, is_playing)
    if not is_playing:
        save(prompt, settings, now, step)
    left, right = st.columns([11, 9], gap="large")
    with left:
        state = page_state.now(GenerateState)
        choice = _text(prompt, settings, now, state)
    with right:
        distribution(prompt, now, step, is_playing)
    sampling = settings.sampling
    page_state.publish(
        state,
        **prompt.link,
        temperature=sampling.temperature,
        seed=settings.seed,
        mask=state.mask,
        scale=state.scale,
        continuation=branches.link(),
        **tint_heads.link(choice),
    )


def _text(
    prompt: Prompt, settings: GenerateSettings, now: branches.Ids, state: GenerateState
) -> tint_heads.Choice:
    """Draw the text, the attention of its last token, and the note on the cache."""
    checkpoint = prompt.checkpoint
    choice = tint_heads.head_menu(checkpoint.config, state)
    last_reading = next_steps.reading(prompt, settings, now)
    ids = prompt.ids + now
    assert last_reading.attended is not None
    generated_text(
        checkpoint.tokenizer.pieces(ids),
        texts(checkpoint.tokenizer, ids),
        len(prompt.ids),
        tint_heads.last_row(last_reading.attended, choice),
        (
            last_reading.cached,
            last_reading.context - last_reading.cached,
            checkpoint.config.block_size,
        ),
        key="generated",
    )
    if branches.ended(prompt, now):
        st.caption("**It has ended.** What would follow the end, this model never learned.")
    st.caption(cache_words(checkpoint.model, settings, last_reading, len(ids)))
    return choice
