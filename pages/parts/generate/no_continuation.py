"""A model that continues no text: the reason, and links to pages that can show it."""

from __future__ import annotations

import streamlit as st

import gpt
from gpt.silence import fills_in, why_silent
from pages.parts.generate.generate_state import GenerateState
from pages.shared import folders, page_state
from pages.shared.plain import plain
from pages.shared.prompt_bar import Prompt

ELSEWHERE = {"attention": "Where it looks", "residual": "What it predicts"}
OF_HIDDEN = {"encoder": "What it fills in", **ELSEWHERE}
OF_LABELS = {"encoder": "The label that it gives", "attention": "Where it looks"}
A_LABEL = "this model gives a text a label, and predicts no next token. So it writes nothing"


def why_not(checkpoint: gpt.Checkpoint) -> str | None:
    """Why a model continues no text, in words; None if it does."""
    return A_LABEL if checkpoint.config.is_classifier else why_silent(checkpoint.info)


def explain(prompt: Prompt, why: str, state: GenerateState) -> None:
    """Draw the reason and the links."""
    st.info(plain(f"{prompt.run}: {why}."), icon=":material/visibility:")
    pages = _pages(prompt.checkpoint)
    with st.container(horizontal=True, gap="medium", key="elsewhere"):
        for page, label in pages.items():
            target = folders.ROOT / "pages" / f"{page}.py"
            st.page_link(target, label=label, query_params=prompt.query)
    page_state.publish(state, **prompt.link)


def _pages(checkpoint: gpt.Checkpoint) -> dict[str, str]:
    """The pages that can show such a model, each with what is to be seen there."""
    if checkpoint.config.is_classifier:
        return OF_LABELS
    return OF_HIDDEN if fills_in(checkpoint.info) else ELSEWHERE
