"""GPT-2's five fields and the parameter count, in one row."""

from __future__ import annotations

import streamlit as st

from gpt.nn.config import GPTConfig

FIELDS = {
    "block_size": "The longest context, in tokens (T at most).",
    "vocab_size": "Distinct tokens (V).",
    "n_layer": "Blocks, one after the other (L).",
    "n_head": "Attention heads in each block (H).",
    "n_embd": "Channels: numbers that describe a token (C).",
}


def sizes(config: GPTConfig, parameters: int) -> None:
    """Draw them."""
    with st.container(horizontal=True, gap="medium", key="sizes"):
        st.markdown(f"**{parameters:,}** parameters", width="content")
        for name, meaning in FIELDS.items():
            text = f"{name} **{getattr(config, name):,}**"
            st.markdown(text, width="content", help=meaning)
