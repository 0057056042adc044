"""Switch heads off: what the loss and a token's logit become without each head."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.heads import head_entropy
from gpt.inspect.heads.ablation import Effects
from pages.parts.attention import head_analyses, held_out_scores
from pages.parts.attention.attention_state import OVERS, AttentionState
from pages.shared import page_memory, page_state
from pages.shared.loads import Look, names_of_logits
from pages.shared.plain import plain
from viz.figures.heads.head_scores import head_scores
from viz.text import visible

OFFERED = 50
"""Tokens in the menu, the likeliest first."""

LIKELIEST = -1
"""In the menu: the likeliest token, whichever that is."""

ONE_TOKEN = (
    "A prompt of one token has no next token to be right or wrong about, so there is no loss; "
    "the logit is there all the same."
)
A_LABEL = (
    "This model gives the whole text a label, and predicts no next token, so there is no loss on "
    "the prompt; the map follows the logit of a label."
)


def panel(look: Look, unedited: Look, state: AttentionState) -> None:
    """The two maps, on the prompt or over a held-out text.

    Args:
        look, unedited: with edited weights and without; edited weights fit only the prompt.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        over = held_out_scores.over(look, state)
        text = held_out_scores.text_menu(look.run, state) if over != OVERS[0] else None
        menu = st.container(width=200)
    if over == OVERS[0]:
        effects = head_analyses.effects_of(look)
        with menu:
            token = _token_menu(look, effects, state)
        _effect_maps(effects, token, _name(look, token), _why_no_loss(look))
    elif text is None:
        st.caption("Paste a text that the model did not learn from.")
    else:
        _over_text(unedited, text)


def _over_text(look: Look, text: str) -> None:
    so_far = held_out_scores.reading(look, text, "effects")
    st.caption(so_far.description)
    held_out_scores.run(held_out_scores.read_effects(look, so_far), "Switching off each head…")
    if so_far.effects is not None:
        _effect_maps(so_far.effects, None, "", None)


def figure(effects: Effects, token: int | None, name: str) -> go.Figure:
    """Two L×H maps; over many texts only the first, because each text has its own next token."""
    maps = {"loss without the head − with it": effects.on_loss}
    if token is not None and np.isnan(effects.as_is.loss):
        maps = {}
    if token is not None:
        maps[f"logit of {name}, without − with"] = effects.on_logit(token)
    return head_scores(maps, kind="signed", columns=2)


def chosen_token(effects: Effects, state: AttentionState) -> int:
    """The next token whose logit the maps follow: the chosen one, or the likeliest."""
    known = state.token is not None and state.token < len(effects.as_is.logits)
    likeliest = int(effects.as_is.logits.argmax())
    return likeliest if state.token is None or not known else state.token


def _token_menu(look: Look, effects: Effects, state: AttentionState) -> int:
    """Draw the choice of that token; the likeliest changes with the prompt."""
    V = len(effects.as_is.logits)
    offered = [int(id) for id in np.argsort(-effects.as_is.logits, kind="stable")[:OFFERED]]
    is_classifier = look.checkpoint.config.is_classifier
    kind = "labels" if is_classifier else "tokens"
    limits = f"this model has {kind} 0 to {V - 1:,}"
    wanted = page_state.fitted(state, "token", range(V), LIKELIEST, limits).token
    extra = [] if wanted in (LIKELIEST, *offered) else [wanted]
    st.selectbox(
        "Label" if is_classifier else "Next token",
        [LIKELIEST, *offered, *extra],
        **page_state.control("token"),
        format_func=lambda id: (
            f"likeliest ({_name(look, offered[0])})" if id == LIKELIEST else _name(look, id)
        ),
        on_change=_chosen,
    )
    return chosen_token(effects, state)


def _chosen() -> None:
    token = st.session_state[page_memory.key("token")]
    page_state.put(token=None if token == LIKELIEST else token)


def _name(look: Look, token: int) -> str:
    return visible(names_of_logits(look.run)[token])


def _why_no_loss(look: Look) -> str | None:
    """Why there is no loss on the prompt, in words; None if there is one."""
    if look.checkpoint.config.is_classifier:
        return A_LABEL
    return ONE_TOKEN if len(look.ids) == 1 else None


def _effect_maps(effects: Effects, token: int | None, name: str, why_no_loss: str | None) -> None:
    chart = figure(effects, token, name)
    st.plotly_chart(chart, key="effects", config={"displayModeBar": False})
    with st.container(key="effect_words"):
        if why_no_loss:
            st.caption(why_no_loss)
        else:
            l, h = head_entropy.largest_first(effects.on_loss)[0]
            st.markdown(
                f"Loss with every head: **{effects.as_is.loss:.4f}** nats. Most missed: **L{l} "
                f"H{h}**, without which it is **{effects.losses[l, h]:.4f}** "
                f"({effects.on_loss[l, h]:+.4f})."
            )
        if token is not None:
            logit = effects.on_logit(token)
            l, h = head_entropy.largest_first(-logit)[0]
            st.markdown(
                f"Logit of {plain(name)}: **{effects.as_is.logits[token]:.4f}**. "
                f"It falls most without **L{l} H{h}** ({logit[l, h]:+.4f})."
            )
        st.caption(
            "Each number is a whole forward pass with that one head's contribution set to zero. "
            "Where a loss rises, the head helped. A head can also be missed because later "
            "layers have never met a stream without what it always adds."
        )


def arrays(look: Look, state: AttentionState) -> dict[str, np.ndarray]:
    """The prompt's effects, (L, H) each, for saving."""
    effects = head_analyses.effects_of(look)
    token = chosen_token(effects, state)
    return {
        "effect_loss": effects.on_loss,
        "effect_logit": effects.on_logit(token),
        "effect_token": np.array(token),
    }


def prompt_figure(look: Look, state: AttentionState) -> go.Figure:
    """The prompt's two maps."""
    effects = head_analyses.effects_of(look)
    token = chosen_token(effects, state)
    return figure(effects, token, _name(look, token))
