"""About a model: its sizes in one row, and the note that a bigram has no heads."""

from __future__ import annotations

import streamlit as st

from gpt.nn.config import GPTConfig
from pages.shared import page_state
from pages.shared.parameters import Reads
from pages.shared.prompt_bar import Prompt

FIELDS = {
    "block_size": "The longest context, in tokens (T at most).",
    "vocab_size": "Distinct tokens (V).",
    "n_layer": "Blocks, one after the other (L).",
    "n_head": "Attention heads in each block (H).",
    "n_embd": "Channels: numbers that describe a token (C).",
}


def sizes(config: GPTConfig, parameters: int) -> None:
    """Draw GPT-2's five fields and the parameter count, in one row."""
    with st.container(horizontal=True, gap="medium", key="sizes"):
        st.markdown(f"**{parameters:,}** parameters", width="content")
        for name, meaning in FIELDS.items():
            text = f"{name} **{getattr(config, name):,}**"
            st.markdown(text, width="content", help=meaning)


def need_heads(prompt: Prompt, state: Reads) -> None:
    """End the page here, calmly, if the model has no layers; the URL keeps what `state` says."""
    if prompt.checkpoint.config.n_layer:
        return
    st.info(
        "This model is a bigram: a table of next-token logits, with no layers and no heads, so "
        "there is no attention to look at. *Generate* and *Embeddings* show what it has; or choose "
        "another model.",
        icon=":material/table_rows:",
    )
    page_state.publish(state, **prompt.link)
    st.stop()
