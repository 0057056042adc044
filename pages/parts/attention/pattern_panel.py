"""Patterns: how much each head is a previous-token head, an induction head, and so on."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.heads import head_entropy
from gpt.inspect.heads.patterns import FORMULAS, NAMES, WORDS, Patterns
from pages.parts.attention import head_analyses, held_out_scores
from pages.parts.attention.attention_state import OVERS, AttentionState
from pages.shared.glossary import marked, meanings
from pages.shared.loads import Look
from viz.figures.heads.head_scores import head_scores

ONE_TEXT = (
    "A pattern compares the places of query and key in one text (the token before, the first "
    "token). Here the queries are of the target and the keys of the source, so there is none to "
    "measure; *Translation* shows which source token each target token looks at."
)


def panel(look: Look, unedited: Look, state: AttentionState) -> None:
    """The scores on the prompt or over a held-out text, and what they mean.

    Args:
        look, unedited: with edited weights and without; edited weights fit only the prompt.
    """
    if look.site == "cross":
        st.caption(ONE_TEXT)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        over = held_out_scores.over(look, state)
        text = held_out_scores.text_menu(look.run, state) if over != OVERS[0] else None
    if over == OVERS[0]:
        _pattern_maps(head_analyses.patterns_of(look))
    elif text is None:
        st.caption("Paste a text that the model did not learn from.")
    else:
        _over_text(unedited, text)


def _over_text(look: Look, text: str) -> None:
    so_far = held_out_scores.reading(look, text, "patterns")
    st.caption(so_far.description)
    held_out_scores.run(held_out_scores.read_patterns(look, so_far), "Reading the text…")
    if so_far.patterns is not None:
        _pattern_maps(so_far.patterns)


def figure(patterns: Patterns) -> go.Figure:
    """One L×H map for each pattern that some query could have."""
    names = [name for name in NAMES if np.isfinite(patterns[name]).any()] or NAMES
    return head_scores({name: patterns[name] for name in names}, columns=5)


def _pattern_maps(patterns: Patterns) -> None:
    st.plotly_chart(figure(patterns), key="patterns", config={"displayModeBar": False})
    rows = [_row(name, patterns) for name in NAMES]
    head = "| Pattern | What is measured | Formula | Queries | Highest |\n|---|---|---|---:|---|"
    with st.container(key="pattern_table"):
        st.markdown("\n".join([head, *rows]))


def _row(name: str, patterns: Patterns) -> str:
    best = "no query can be asked"
    if np.isfinite(patterns[name]).any():
        l, h = head_entropy.largest_first(patterns[name])[0]
        best = f"L{l} H{h} **{patterns[name][l, h]:.4f}**"
    count = patterns.queries[NAMES.index(name)]
    word = marked(f"[[{name}]]") if name in meanings() else name
    return f"| {word} | {WORDS[name]} | ${FORMULAS[name]}$ | {count:,} | {best} |"


def arrays(look: Look) -> dict[str, np.ndarray]:
    """The prompt's scores, (L, H) each, for saving."""
    if look.site == "cross":
        return {}
    patterns = head_analyses.patterns_of(look)
    return {f"pattern_{name.replace(' ', '_')}": patterns[name] for name in NAMES}
