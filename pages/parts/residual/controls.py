"""The controls that several parts of the Residual stream page have: position, state, token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

import gpt
from pages.shared import links, permalink
from pages.shared.loads import Look
from viz.text import visible

AUTOMATIC = -1
"""In place of a token: the one that the prompt goes on with, or none."""

MENU = 300
"""Tokens in a menu, the likeliest first."""

_LENGTH = "_residual_length"


def position(T: int) -> int:
    """A position of the prompt; at first the last, which it stays while the prompt grows."""
    now = permalink.bind("position", T - 1, links.index)
    at_end = now == st.session_state.get(_LENGTH, T) - 1
    st.session_state[_LENGTH] = T
    if at_end or now >= T:
        permalink.put("position", T - 1)
    chosen: int = st.number_input(
        "Position",
        0,
        T - 1,
        key=permalink.key("position"),
        width=130,
        help=f"A token of the prompt, 0 to {T - 1}.",
    )
    return chosen


def state(names: Sequence[str], allowed: Sequence[int], default: int) -> int:
    """A state of the residual stream; one that is not shown gives way to the next that is."""
    now = permalink.bind("state", default, links.index)
    if now not in allowed:
        permalink.put("state", min((s for s in allowed if s >= now), default=allowed[-1]))
    chosen: int = st.selectbox(
        "State after",
        allowed,
        format_func=lambda s: names[s],
        key=permalink.key("state"),
        width=170,
    )
    return chosen


def token(look: Look, found: gpt.Trace, at: int) -> int:
    """Whose logit: the prompt's own next token unless another is chosen."""
    follows = at + 1 < len(look.ids)
    own = int(look.ids[at + 1]) if follows else int(found.logits_at(at).argmax())
    piece = visible(look.checkpoint.tokenizer.pieces([own])[0])
    name = f"{piece}  (next in the prompt)" if follows else f"{piece}  (the likeliest)"
    chosen = _menu("Logit of", "logit", look, found.logits_at(at), name)
    return own if chosen == AUTOMATIC else chosen


def against(look: Look, found: gpt.Trace, at: int) -> int | None:
    """A token whose logit is taken off, if any."""
    chosen = _menu("Minus the logit of", "minus", look, found.logits_at(at), "nothing")
    return None if chosen == AUTOMATIC else chosen


def link_of_token(name: str) -> int | None:
    """What the URL says of a token; nothing while it is automatic."""
    chosen: int = st.session_state[permalink.key(name)]
    return None if chosen == AUTOMATIC else chosen


def _menu(label: str, name: str, look: Look, logits: np.ndarray, automatic: str) -> int:
    now = permalink.bind(name, AUTOMATIC, links.index)
    if now >= len(logits):  # of another run's vocabulary
        permalink.put(name, AUTOMATIC)
        now = AUTOMATIC
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
        key=permalink.key(name),
        width=210,
    )
    return chosen
