"""The part of Generate that runs by itself: buttons, text, distribution."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import gpt
from gpt.text.streaming import texts
from pages.parts.generate import branches, buttons, next_steps, tint_heads
from pages.parts.generate.cache_note import cache_words
from pages.parts.generate.generate_state import GenerateState
from pages.parts.generate.sampling_settings import GenerateSettings
from pages.parts.generate.save_generation import TOP, save
from pages.shared import page_state
from pages.shared.page_parts import repeated
from pages.shared.prompt_bar import Prompt
from viz.figures.predictions.next_token import next_token_bars
from viz.views.generated import generated_text

SECONDS_A_TOKEN = 0.45
_LEFT = "_generate_left"


def panel(prompt: Prompt, settings: GenerateSettings, state: GenerateState) -> None:
    """Draw the part; while it plays it runs again and again, until the page changes otherwise."""
    branches.opened(prompt, state)
    wish = buttons.wish()
    playing = wish == "play"
    if wish == "more":
        buttons.ask(wish)  # for the fragment, which draws its progress
    if playing:
        st.session_state[_LEFT] = buttons.PLAY
    fragment = repeated(_moved, SECONDS_A_TOKEN if playing else None)
    fragment(prompt, settings, playing)


def _moved(prompt: Prompt, settings: GenerateSettings, playing: bool) -> None:
    """Do what the buttons asked for, then draw."""
    tokenizer = prompt.checkpoint.tokenizer
    wish = buttons.wish()
    if wish in ("play", "stop"):
        buttons.ask(wish)
        st.rerun()
    # Always there, so that the elements below keep their places and need not be built again.
    progress = st.empty()
    if wish == "more":
        _add_many(prompt, settings, branches.current(tokenizer), progress)
    if playing:
        _play_one(prompt, settings, branches.current(tokenizer))
    now = branches.current(tokenizer)
    step = next_steps.next_token(prompt, settings, now)
    buttons.button_row(prompt, now, step, playing)
    if not playing:
        save(prompt, settings, now, step)
    left, right = st.columns([11, 9], gap="large")
    with left:
        state = page_state.now(GenerateState)
        choice = _text(prompt, settings, now, state)
    with right:
        _distribution(prompt, now, step, playing)
    sampling = settings.sampling
    page_state.publish(
        state,
        run=prompt.run,
        prompt=prompt.text,
        temperature=sampling.temperature,
        seed=settings.seed,
        mask=state.mask,
        scale=state.scale,
        continuation=branches.link(),
        **tint_heads.link(choice),
    )


def _play_one(prompt: Prompt, settings: GenerateSettings, now: branches.Ids) -> None:
    if len(now) >= branches.LONGEST or branches.ended(prompt, now) or st.session_state[_LEFT] <= 0:
        buttons.ask("stop")
        st.rerun()
    st.session_state[_LEFT] -= 1
    token = next_steps.next_token(prompt, settings, now).id
    branches.change((*now, token), prompt.checkpoint.tokenizer)


def _add_many(
    prompt: Prompt, settings: GenerateSettings, now: branches.Ids, slot: DeltaGenerator
) -> None:
    """Add many tokens; each is kept at once, so that leaving the page loses nothing."""
    n = min(buttons.AT_ONCE, branches.LONGEST - len(now))
    for done, ids in enumerate(next_steps.many(prompt, settings, now, n), start=1):
        branches.change(ids, prompt.checkpoint.tokenizer)
        if done % 5 == 0:
            slot.progress(done / n, text=f"{done} of {n} tokens")
    slot.empty()


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


def _distribution(prompt: Prompt, now: branches.Ids, step: gpt.Step, playing: bool) -> None:
    """Draw the bars; a click takes that token."""
    pieces = next_steps.vocabulary(prompt.run)
    figure = next_token_bars(step.probs_before, step.probs, pieces, step.id, TOP)
    # Streamlit's own theme for charts prints them in a grey too faint to read numbers in.
    ink = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")
    figure.update_traces(textfont_color=ink).update_yaxes(tickfont_color=ink)
    # A key for every place: a click left over from the last one must not count again.
    key = "generate_bars" if playing else f"generate_bars_{len(now)}"
    st.plotly_chart(
        figure,
        key=key,
        on_select="ignore" if playing else lambda: _clicked(prompt, now, key),
        selection_mode="points",
        config={"displayModeBar": False},
    )


def _clicked(prompt: Prompt, now: branches.Ids, key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    token = int(points[0]["customdata"][0]) if points else -1
    if token >= 0:
        buttons.take(prompt, now, token)
