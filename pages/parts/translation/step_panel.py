"""The target token by token: buttons, what is written so far, and the distribution to draw from."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gpt.inspect import wrong_language
from gpt.inspect.sampling import Sampling
from pages.parts.generate import branches, next_steps, playing
from pages.parts.generate.distribution import distribution
from pages.parts.generate.sampling_settings import SEED_HELP, GenerateSettings
from pages.parts.translation.translation_state import TranslationState
from pages.shared import loads, page_state, source_bar, url_controls
from pages.shared.figures import inked
from pages.shared.loads import Ids
from pages.shared.plain import plain
from pages.shared.prompt_bar import Prompt
from viz.figures.tokens.rank_bars import rank_bars
from viz.text import readable

MOST = 8
"""Source tokens that are drawn, those with the largest weights."""


def settings_row(state: TranslationState) -> GenerateSettings:
    """Draw temperature and seed; return how a token is chosen."""
    with st.container(horizontal=True, gap="medium"):
        st.number_input(
            "Temperature",
            step=0.1,
            format="%.2f",
            **page_state.control("temperature"),
            help="0 takes the likeliest token, as the translation at once does; above it, a token "
            "is drawn.",
            width=120,
        )
        seed = url_controls.seed(state, "seed", 1, SEED_HELP)
    return GenerateSettings(Sampling(state.temperature), seed, "model", "model")


def panel(prompt: Prompt, settings: GenerateSettings, is_playing: bool) -> Ids:
    """Draw the buttons, the target and the distribution; return what is written so far."""
    now, step = playing.moved(prompt, settings, is_playing)
    left, right = st.columns([11, 9], gap="large")
    with left:
        target_text(prompt, now)
        _looked_at(prompt, settings, now)
    with right:
        distribution(prompt, now, step, is_playing)
    return now


def _looked_at(prompt: Prompt, settings: GenerateSettings, now: Ids) -> None:
    """Draw the source tokens that the next one is written from, by the mean of all heads."""
    looked_at = next_steps.reading(prompt, settings, now).looked_at
    assert looked_at is not None  # a model of two texts looks at its source
    means = looked_at.mean((0, 1))
    order = np.argsort(-means, kind="stable")[:MOST]
    tokens = prompt.checkpoint.source_tokenizer.pieces(prompt.source)
    st.caption("Source tokens that the next token is written from: the mean of all cross heads.")
    figure = rank_bars([tokens[j] for j in order], means[order], order)
    st.plotly_chart(inked(figure), key="translation_looked_at", config={"displayModeBar": False})


def target_text(prompt: Prompt, ids: Ids, empty: str = "…") -> None:
    """Draw the target as text.

    Args:
        empty: what is drawn if it has no letter.
    """
    written = without_end(prompt, ids)
    text = readable(prompt.checkpoint.tokenizer.decode(written))
    with st.container(key="translation_target"):
        st.markdown(f"#### {plain(text) if text.strip() else empty}")
        run, text = prompt.run, prompt.source_text or ""
        if _reads_as_target(run, loads.stamp(run), prompt.source, text):
            st.caption(wrong_language.SAYS)
        if branches.ended(prompt, ids):
            st.caption("It has ended.")


@st.cache_data(max_entries=256, show_spinner=False)
def _reads_as_target(run: str, stamp: int, source: Ids, text: str) -> bool:
    own = source_bar.translated(run, source)
    return wrong_language.reads_as_target(loads.checkpoint(run), text, source, own)


def without_end(prompt: Prompt, now: Ids) -> Ids:
    """The tokens of the target without its end."""
    return now[:-1] if branches.ended(prompt, now) else now
