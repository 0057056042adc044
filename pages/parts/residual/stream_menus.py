"""The controls that several parts of Residual stream share: position, state, token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.parts.residual import label_words
from pages.parts.residual.residual_state import ResidualState
from pages.shared import page_memory, page_state, url_controls
from pages.shared.loads import Look
from viz.text import visible

AUTOMATIC = -1
"""In place of a token: the one that the prompt goes on with, or none."""

MENU = 300
"""Tokens in a menu, the likeliest first."""


OF_TOKENS = ("Neurons", "Gradients")
OF_LOGITS = ("Logit lens", "Direct effects", "Two contexts", *OF_TOKENS)
A_LABEL = (
    "This model gives the whole text a label and predicts no next token, so there is no token's "
    "logit here to follow back. *Logit lens* and *Direct effects* show what became of the label in "
    "its residual stream; the page *Encoder* shows which tokens carried it."
)
OF_ENCODER = (
    "The encoder's stream ends in states that the decoder looks at, not in logits. *Norms* and "
    "*Normalization* show it; choose the decoder to read logits off its stream."
)


def why_not(part: str, look: Look) -> str | None:
    """Why a part of the page has no meaning for this stream, in Markdown; None if it has one."""
    if look.checkpoint.config.is_classifier:
        return A_LABEL if part in OF_TOKENS else None
    return OF_ENCODER if part in OF_LOGITS and look.site == "encoder" else None


def position(T: int, state: ResidualState) -> int:
    """Draw the choice of a position; without a choice it is the last, also of a longer prompt."""
    limits = f"this prompt has positions 0 to {T - 1:,}"
    return url_controls.whole(
        "Position",
        state,
        "position",
        0,
        T - 1,
        limits,
        default=T - 1,
        help=f"A token of the prompt, 0 to {T - 1:,}.",
    )


def state(
    names: Sequence[str], allowed: Sequence[int], default: int, settings: ResidualState
) -> int:
    """Draw the choice of a state of the stream; the nearest stands in for one that is not drawn."""
    wanted = settings.state
    nearest = default
    if wanted is not None:
        nearest = min((s for s in allowed if s >= wanted), default=allowed[-1])
    limits = f"this model has states 0 to {len(names) - 1}"
    page_state.fitted(settings, "state", allowed, nearest, limits)
    chosen: int = st.selectbox(
        "State after",
        allowed,
        format_func=lambda s: names[s],
        **page_state.control("state"),
        width=170,
    )
    return chosen


def token(look: Look, at: int, state: ResidualState) -> int:
    """Draw the choice of a token; without a choice it is the prompt's own next one.

    Of a classifier a label is chosen; without a choice, its own.
    """
    true = label_words.true_one(look, at)
    own = int(label_words.logits(look, at).argmax()) if true is None else true
    is_next = true is not None and label_words.true_words(look) == label_words.NEXT
    why = "next in the prompt" if is_next else "the likeliest"
    if true is not None and not is_next:
        why = label_words.true_words(look)
    name = f"{visible(label_words.names(look, [own])[0])}  ({why})"
    chosen = _menu("Logit of", "logit", look, at, name, state)
    return own if chosen == AUTOMATIC else chosen


def against(look: Look, at: int, state: ResidualState) -> int | None:
    """Draw the choice of a token, or label, whose logit is subtracted, if any."""
    chosen = _menu("Minus the logit of", "minus", look, at, "nothing", state)
    return None if chosen == AUTOMATIC else chosen


def _menu(label: str, name: str, look: Look, at: int, automatic: str, state: ResidualState) -> int:
    logits = label_words.logits(look, at)
    kind = "labels" if label_words.is_label(look) else "tokens"
    limits = f"this model has {kind} 0 to {len(logits) - 1:,}"
    state = page_state.fitted(state, name, range(len(logits)), AUTOMATIC, limits)
    now: int = getattr(state, name)
    likeliest: list[int] = np.argsort(-logits, kind="stable")[:MENU].tolist()
    options = [AUTOMATIC, *likeliest]
    if now not in options:
        options.append(now)
    pieces = label_words.names(look, options[1:])
    names = {AUTOMATIC: automatic}
    names |= {id: visible(piece) for id, piece in zip(options[1:], pieces, strict=True)}
    chosen: int = st.selectbox(
        label,
        options,
        format_func=lambda id: names.get(id, str(id)),
        **page_state.control(name),
        on_change=lambda: _chosen(name),
        width=210,
    )
    return chosen


def _chosen(name: str) -> None:
    token = st.session_state[page_memory.key(name)]
    page_state.put(**{name: None if token == AUTOMATIC else token})
