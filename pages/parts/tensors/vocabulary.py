"""The vocabulary of characters: every distinct one, sorted; its place is its id."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gpt.text.tokenizer import CharacterTokenizer
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.parts.tensors.tensors_state import TensorsState
from pages.shared.lecture import cited
from pages.shared.save import save_button
from viz.text import visible
from viz.token_row import TokenRow
from viz.views.token_rows import token_rows

MOST = 512
"""Characters that are drawn; a text with more of them has signs of many alphabets."""


def show(chosen: ChosenCorpus, run: str | None, state: TensorsState) -> dict[str, Any]:
    """Draw the sorted characters of the corpus with their ids; return the values for the URL."""
    characters = vocabulary(chosen.text)
    st.markdown(
        f"**{len(characters)}** distinct characters, sorted: `sorted(set(text))`. The place of a "
        f"character in this list is its id, and V = {len(characters)} is the width of every row of "
        f"logits. — {cited('tokens')}"
    )
    token_rows([_row(characters[:MOST])], key="tensors_vocabulary")
    if len(characters) > MOST:
        st.caption(f"The first {MOST} of them.")
    save_button(
        "text to tensors: vocabulary",
        figures={},
        arrays=lambda: {"code_points": np.array([ord(char) for char in characters])},
        settings={"corpus": chosen.title, "corpus_sha256": chosen.digest},
    )
    return {}


def vocabulary(text: str) -> list[str]:
    """The characters of a text by their ids."""
    tokenizer = CharacterTokenizer.of(text)
    return [tokenizer.decode([id]) for id in range(tokenizer.vocab_size)]


def _row(characters: list[str]) -> TokenRow:
    ids = list(range(len(characters)))
    return TokenRow("Every character, sorted", "its id below", ids, list(map(visible, characters)))
