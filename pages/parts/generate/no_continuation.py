"""A model that continues no text: the reason, and links to pages that can show it."""

from __future__ import annotations

import streamlit as st

from pages.parts.generate.generate_state import GenerateState
from pages.shared import folders, page_state
from pages.shared.plain import plain
from pages.shared.prompt_bar import Prompt

ELSEWHERE = {"attention": "Where it looks", "residual": "What it predicts"}


def explain(prompt: Prompt, why: str, state: GenerateState) -> None:
    """Draw the reason and the links."""
    st.info(plain(f"{prompt.run}: {why}."), icon=":material/visibility:")
    query = {"run": prompt.run, "prompt": prompt.text}
    with st.container(horizontal=True, gap="medium", key="elsewhere"):
        for page, label in ELSEWHERE.items():
            st.page_link(folders.ROOT / "pages" / f"{page}.py", label=label, query_params=query)
    page_state.publish(state, **query)
