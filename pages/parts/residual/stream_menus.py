"""The controls that several parts of Residual stream share: position, state, token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

import gpt
from pages.parts.residual.residual_state import ResidualState
from pages.shared import page_memory, page_state, url_controls
from pages.shared.loads import Look
from viz.text import visible

AUTOMATIC = -1
"""In place of a token: the one that the prompt goes on with, or none."""

MENU = 300
"""Tokens in a menu, the likeliest first."""


OF_TOKENS = ("Logit lens", "Direct effects", "Neurons", "Two contexts", "Gradients")
A_LABEL = (
    "This model gives the whole text a label and predicts no next token, so there is no token's "
    "logit here to read or to follow back. *Norms* and *Normalization* show its residual stream; "
    "the page *Encoder* shows which tokens carried the label."
)
OF_ENCODER = (
    "The encoder's stream ends in states that the decoder looks at, not in logits. *Norms* and "
    "*Normalization* show it; choose the decoder to read logits off its stream."
)


def why_not(part: str, look: Look) -> str | None:
    """Why a part of the page has no meaning for this stream, in Markdown; None if it has one."""
    if part not in OF_TOKENS:
        return None
    if look.checkpoint.config.is_classifier:
        return A_LABEL
    return OF_ENCODER if look.site == "encoder" else None


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


def token(look: Look, trace: gpt.Trace, at: int, state: ResidualState) -> int:
    """Draw the choice of a token; without a choice it is the prompt's own next one."""
    follows = at + 1 < len(look.ids)
    own = int(look.ids[at + 1]) if follows else int(trace.logits_at(at).argmax())
    piece = visible(look.checkpoint.tokenizer.pieces([own])[0])
    name = f"{piece}  (next in the prompt)" if follows else f"{piece}  (the likeliest)"
    chosen = _menu("Logit of", "logit", look, trace.logits_at(at), name, state)
    return own if chosen == AUTOMATIC else chosen


def against(look: Look, trace: gpt.Trace, at: int, state: ResidualState) -> int | None:
    """Draw the choice of a token whose logit is subtracted, if any."""
    chosen = _menu("Minus the logit of", "minus", look, trace.logits_at(at), "nothing", state)
    return None if chosen == AUTOMATIC else chosen


def _menu(
    label: str, name: str, look: Look, logits: np.ndarray, automatic: str, state: ResidualState
) -> int:
    limits = f"this model has tokens 0 to {len(logits) - 1:,}"
    state = page_state.fitted(state, name, range(len(logits)), AUTOMATIC, limits)
    now: int = getattr(state, name)
    likeliest: list[int] = np.argsort(-logits, kind="stable")[:MENU].tolist()
    options = [AUTOMATIC, *likeliest]
    if now not in options:
        options.append(now)
    pieces = look.checkpoint.tokenizer.pieces(options[1:])
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
