"""Scaled up: this model's count beside those of known ones, up to GPT-3's 175 billion."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from gpt.inspect.architecture.formula import block_matrices, terms
from gpt.inspect.architecture.known_sizes import KNOWN_SIZES
from gpt.nn.config import GPTConfig
from pages.shared import page_state
from pages.shared.lecture import cited

WORDS = f"""
From here to GPT-3 the architecture hardly changes; its numbers do. Nearly all of the count comes to
be 12 L C²: twice the width is four times the parameters, twice the layers is twice. The counts are
those of the models' shapes, which are built here without their numbers. — {cited("parameters")}
"""


def draw(run: str, config: GPTConfig) -> None:
    """Draw the switch, and the table."""
    if not st.toggle("Scaled up: from this model to GPT-3", **page_state.control("scaled")):
        return
    st.markdown(WORDS)
    st.dataframe(
        rows(run, config),
        hide_index=True,
        key="model_scaled",
        column_config={
            "parameters": st.column_config.NumberColumn("Parameters", format="localized"),
            "share": st.column_config.NumberColumn("12 L C²", format="percent"),
            "times": st.column_config.NumberColumn("Times this model", format="%.1f"),
        },
    )


@st.cache_data(max_entries=16, show_spinner=False)
def rows(run: str, config: GPTConfig) -> pd.DataFrame:
    """A row for this model and one for each known size, with their counts."""
    sizes = [(run, "", config)]
    sizes += [(known.name, known.published, known.config) for known in KNOWN_SIZES]
    own = _count(config)
    return pd.DataFrame([_row(name, published, of, own) for name, published, of in sizes])


def _count(config: GPTConfig) -> int:
    return sum(term.count for term in terms(config))


def _row(name: str, published: str, config: GPTConfig, own: int) -> dict[str, Any]:
    count, matrices = _count(config), block_matrices(config)
    return {
        "Model": name,
        "L": config.n_layer,
        "H": config.n_head,
        "C": config.n_embd,
        "T": config.block_size,
        "V": config.vocab_size,
        "parameters": count,
        "Published": published,
        "share": 0.0 if matrices is None else matrices.count / count,
        "times": count / own,
    }
