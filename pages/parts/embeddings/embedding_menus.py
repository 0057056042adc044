"""The page's controls, each with its value in the URL."""

from __future__ import annotations

import re

import plotly.graph_objects as go
import streamlit as st

from gpt.errors import PromptError
from pages.parts.embeddings import embedding_data
from pages.parts.embeddings.embedding_data import Stack
from pages.parts.embeddings.embeddings_state import MOMENTS, TABLES, EmbeddingsState
from pages.shared import page_state, url_controls
from pages.shared.loads import Look
from pages.shared.plain import plain
from viz.text import visible

TITLES = {"start": "before training", "trained": "after training"}


def table_choice(stack: Stack, state: EmbeddingsState) -> str:
    """Draw the choice of a table: `token`, or `output` if it is a table of its own."""
    untied = embedding_data.trained(stack).output is not None
    return url_controls.choice(
        "Table",
        state,
        "table",
        TABLES if untied else TABLES[:1],
        help="token: what the model reads a token as. output: the rows of lm_head, which logits "
        "are read off with; in some models it is the token table itself (tied weights).",
    )


def moments(stack: Stack, state: EmbeddingsState) -> str:
    """Draw the choice of `MOMENTS`; the start only if it can be restored."""
    start = embedding_data.start(stack)
    options = tuple(MOMENTS) if start.tables is not None else ("trained",)
    return url_controls.choice("Weights", state, "when", options, help=start.note)


def start_note(stack: Stack, moments: tuple[str, ...]) -> None:
    """Say where the start comes from, or why there is none."""
    start = embedding_data.start(stack)
    if "start" in moments or start.tables is None:
        st.caption(plain(start.note))


def token_menu(look: Look, state: EmbeddingsState, name: str, label: str, default: int) -> int:
    """Choose one token by its text; the field `name` of the state is its id."""
    pieces = embedding_data.vocabulary(Stack.of(look)).pieces
    V = len(pieces)
    limits = f"this model has tokens 0 to {V - 1:,}; {default} is {visible(pieces[default])}"
    state = page_state.fitted(state, name, range(V), default, limits)
    if V > embedding_data.MOST:
        return _typed(look, name, label, getattr(state, name))
    chosen: int = st.selectbox(
        label,
        range(V),
        **page_state.control(name),
        format_func=lambda id: f"{visible(pieces[id])}  ({id})",
        width=118,
    )
    return chosen


def _typed(look: Look, name: str, label: str, token: int) -> int:
    """A field for the text of one token, if the vocabulary is too large for a menu."""
    pieces, field = embedding_data.vocabulary(Stack.of(look)).pieces, f"typed_{name}"
    if st.session_state.get(f"{field}_of") != (Stack.of(look), token):
        st.session_state[field] = pieces[token]
        st.session_state[f"{field}_of"] = Stack.of(look), token
    typed: str = st.text_input(label, key=field, width=118)
    if typed == pieces[token]:
        return token
    ids = Stack.of(look).tokenizer.encode_part(typed)
    if len(ids) != 1:
        parts = ", ".join(f"“{visible(pieces[id])}”" for id in ids[:6]) or "none"
        raise PromptError(
            f"{label}: “{visible(typed)}” is not one token of this model but {len(ids)} ({parts}). "
            "Type one of them; a space before a word belongs to it."
        )
    page_state.put(**{name: ids[0]})
    st.session_state[f"{field}_of"] = Stack.of(look), ids[0]
    return ids[0]


def first_word(look: Look) -> int:
    """The first token of the prompt that has a letter in it."""
    words = (
        id for id, piece in zip(look.query_ids, look.tokens, strict=True) if piece.strip().isalpha()
    )
    return next(words, look.query_ids[0])


def inked(figure: go.Figure) -> go.Figure:
    """A figure with its labels in the theme's colour of text: Streamlit's own is too faint."""
    color: str = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")
    inked = {"tickfont": {"color": color}, "title": {"font": {"color": color}}}
    flat = [name for name in figure.layout if re.fullmatch(r"[xy]axis\d*", name)]
    figure.update_layout({name: inked for name in flat})  # at once: plotly is slow to check
    figure.update_annotations(font_color=color)
    texts = ("text", "markers+text")
    return figure.for_each_trace(
        lambda trace: trace.update(textfont_color=color),
        selector=lambda trace: getattr(trace, "mode", None) in texts,
    )
