"""The attention that tints the text: of one head, or the mean of a layer or of all heads."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gpt.nn.config import GPTConfig
from pages.parts.generate.generate_state import GenerateState
from pages.shared import page_state, selection

Choice = tuple[str, int, int]
"""("all" | "layer" | "one", layer, head)."""

_KEY = "generate_heads"


def head_menu(config: GPTConfig, state: GenerateState) -> Choice:
    """Draw the menu; return the choice."""
    if config.n_layer == 0:
        st.caption("A bigram has no heads: what comes next depends on the last token alone.")
        return "all", 0, 0
    kind = _chosen_kind(config, state)
    options = _options(config)
    st.session_state[_KEY] = kind
    st.selectbox(
        "Attention",
        options,
        format_func=_label,
        key=_KEY,
        label_visibility="collapsed",
        on_change=_chosen,
        width=270,
    )
    return kind


def link(choice: Choice) -> dict[str, object]:
    """The choice as in the URL."""
    kind, layer, head = choice
    return {
        "heads": kind,
        "layer": layer if kind != "all" else None,
        "head": head if kind == "one" else None,
    }


def last_row(attended: np.ndarray, choice: Choice) -> np.ndarray:
    """(L, H, T) to (T,): the last position's weights, by the choice; all 0 for a bigram."""
    if len(attended) == 0:
        return np.zeros(attended.shape[-1], attended.dtype)
    kind, layer, head = choice
    if kind == "one":
        return attended[layer, head]
    return attended[layer].mean(axis=0) if kind == "layer" else attended.mean(axis=(0, 1))


def _chosen_kind(config: GPTConfig, state: GenerateState) -> Choice:
    state = selection.fit_head(state, (config.n_layer, config.n_head))
    # A link that names a head means it, also where it comes from a page that shows nothing else.
    kind = state.heads or ("one" if page_state.is_linked("head") else "all")
    if kind == "one":
        return kind, state.layer, state.head
    return ("layer", state.layer, 0) if kind == "layer" else ("all", 0, 0)


def _options(config: GPTConfig) -> list[Choice]:
    options: list[Choice] = [("all", 0, 0)]
    for layer in range(config.n_layer):
        options.append(("layer", layer, 0))
        options += [("one", layer, head) for head in range(config.n_head)]
    return options


def _label(choice: Choice) -> str:
    kind, layer, head = choice
    if kind == "all":
        return "Attention: mean of all heads"
    return f"Attention: L{layer} " + (f"H{head}" if kind == "one" else "mean")


def _chosen() -> None:
    kind, layer, head = st.session_state[_KEY]
    page_state.put(heads=kind)
    if kind != "all":
        page_state.put(layer=layer)
    if kind == "one":
        page_state.put(head=head)
