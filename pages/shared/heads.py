"""What a page about heads or layers says of a model that has none, the bigram."""

from __future__ import annotations

import streamlit as st

from pages.shared import page_state
from pages.shared.parameters import Reads
from pages.shared.prompt_bar import Prompt


def need_heads(prompt: Prompt, state: Reads) -> None:
    """End the page here, calmly, where the model has no layers; `state` keeps what it says."""
    if prompt.checkpoint.config.n_layer:
        return
    st.info(
        "This model is a bigram: a table of next-token logits, with no layers and no heads, so "
        "there is no attention to look at. *Generate* and *Embeddings* show what it has; or choose "
        "another model.",
        icon=":material/table_rows:",
    )
    page_state.publish(state, run=prompt.run, prompt=prompt.text)
    st.stop()
