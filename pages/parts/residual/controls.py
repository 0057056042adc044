"""The controls that several parts of the Residual stream page have: position, state, token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

import gpt
from pages.parts.residual.state import ResidualState
from pages.shared import page_state, url_controls
from pages.shared.loads import Look
from viz.text import visible

AUTOMATIC = -1
"""In place of a token: the one that the prompt goes on with, or none."""

MENU = 300
"""Tokens in a menu, the likeliest first."""


def position(T: int, shown: ResidualState) -> int:
    """A position of the prompt; at first the last, which it stays while the prompt grows."""
    told = f"this prompt has positions 0 to {T - 1}"
    return url_controls.whole(
        "Position",
        shown,
        "position",
        0,
        T - 1,
        told,
        default=T - 1,
        help=f"A token of the prompt, 0 to {T - 1}.",
    )


def state(names: Sequence[str], allowed: Sequence[int], default: int, shown: ResidualState) -> int:
    """A state of the residual stream; one that is not shown gives way to the next that is."""
    asked = shown.state
    nearest = default
    if asked is not None:
        nearest = min((s for s in allowed if s >= asked), default=allowed[-1])
    told = f"this model has states 0 to {len(names) - 1}"
    page_state.fitted(shown, "state", allowed, nearest, told)
    chosen: int = st.selectbox(
        "State after",
        allowed,
        format_func=lambda s: names[s],
        **page_state.control("state"),
        width=170,
    )
    return chosen


def token(look: Look, found: gpt.Trace, at: int, shown: ResidualState) -> int:
    """Whose logit: the prompt's own next token unless another is chosen."""
    follows = at + 1 < len(look.ids)
    own = int(look.ids[at + 1]) if follows else int(found.logits_at(at).argmax())
    piece = visible(look.checkpoint.tokenizer.pieces([own])[0])
    name = f"{piece}  (next in the prompt)" if follows else f"{piece}  (the likeliest)"
    chosen = _menu("Logit of", "logit", look, found.logits_at(at), name, shown)
    return own if chosen == AUTOMATIC else chosen


def against(look: Look, found: gpt.Trace, at: int, shown: ResidualState) -> int | None:
    """A token whose logit is taken off, if any."""
    chosen = _menu("Minus the logit of", "minus", look, found.logits_at(at), "nothing", shown)
    return None if chosen == AUTOMATIC else chosen


def _menu(
    label: str, name: str, look: Look, logits: np.ndarray, automatic: str, shown: ResidualState
) -> int:
    told = f"this model has tokens 0 to {len(logits) - 1}"
    shown = page_state.fitted(shown, name, range(len(logits)), AUTOMATIC, told)
    now: int = getattr(shown, name)
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
    token = st.session_state[page_state.key(name)]
    page_state.put(**{name: None if token == AUTOMATIC else token})
