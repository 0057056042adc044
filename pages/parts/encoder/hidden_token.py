"""One token hidden from an encoder that fills it in: what it says, and which tokens told it so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.filling import Filled, fill, with_hidden
from gpt.inspect.heads import rollout
from gpt.text.hidden_tokens import hidden_token
from pages.parts.encoder import reading_views, two_readings
from pages.parts.encoder.encoder_state import EncoderState
from pages.parts.encoder.two_readings import Readings
from pages.shared import page_state
from pages.shared.figures import inked
from pages.shared.loads import BY_LOOK, Look, attention, traced
from pages.shared.plain import plain
from pages.shared.prompt_bar import Prompt
from pages.shared.save import save_button
from viz.figures.predictions.label_bars import MOST, label_bars
from viz.text import visible
from viz.views.carried import carried_data, carried_view


def hidden_position(prompt: Prompt, state: EncoderState) -> int:
    """The hidden token: the chosen one, one that was typed as hidden, or the one in the middle."""
    T, mark = len(prompt.ids), hidden_token(prompt.checkpoint.tokenizer)
    first = prompt.ids.index(mark) if mark in prompt.ids else T // 2
    limits = f"this text has tokens 0 to {T - 1:,}"
    state = page_state.fitted(state, "hidden", range(T), None, limits)
    return first if state.hidden is None else state.hidden


def readings(prompt: Prompt, at: int) -> Readings:
    """Both looks at a text with one token hidden."""
    mark = hidden_token(prompt.checkpoint.tokenizer)
    return two_readings.readings(replace(prompt, ids=tuple(with_hidden(prompt.ids, at, mark))))


def words(prompt: Prompt, both: Readings, at: int) -> int:
    """Draw the likeliest tokens of both readings; return the one that others are weighed for."""
    probs = _probs(both.own, at)
    true, mark = prompt.ids[at], hidden_token(prompt.checkpoint.tokenizer)
    st.plotly_chart(inked(_figure(both, at)), key="encoder_words", config={"displayModeBar": False})
    with st.container(key="encoder_answer"):
        says = "; ".join(_best(look, name, at) for name, look in both.by_name.items())
        st.markdown(f"{says[0].upper()}{says[1:]}.")
        if true != mark:
            st.markdown(_truth(both.own, true, probs))
    return int(probs.argmax()) if true == mark else true


def _best(look: Look, name: str, at: int) -> str:
    probs = _probs(look, at)
    (piece,) = look.checkpoint.tokenizer.pieces([int(probs.argmax())])
    return f"with {name}, **{plain(visible(piece))}**, probability **{probs.max():.4f}**"


def _truth(look: Look, true: int, probs: np.ndarray) -> str:
    (piece,) = look.checkpoint.tokenizer.pieces([true])
    rank = int((probs > probs[true]).sum()) + 1
    return (
        f"**{plain(visible(piece))}** is hidden there: rank **{rank:,}**, probability "
        f"**{probs[true]:.4f}**."
    )


def _figure(both: Readings, at: int) -> go.Figure:
    by_name = {name: _probs(look, at) for name, look in both.by_name.items()}
    order = np.argsort(-by_name[both.trained], kind="stable")[:MOST]
    pieces = both.own.checkpoint.tokenizer.pieces(order.tolist())
    return label_bars(pieces, {name: probs[order] for name, probs in by_name.items()})


def tokens(both: Readings, at: int, weighed: int) -> None:
    """Draw what each other token did for the word, by hiding it too and by rollout."""
    look = both.own
    filled = _filled(look, at)
    without, (word,) = filled.without[:, weighed], look.checkpoint.tokenizer.pieces([weighed])
    carried_view(
        carried_data(look.tokens, filled.changes(weighed), without, _shares(look, at), word),
        key="encoder_tokens",
        hidden=at,
        on_choose=lambda token: page_state.put(hidden=token),
    )


def save(both: Readings, state: EncoderState, at: int, weighed: int) -> None:
    """Draw the save button."""
    own = both.own
    save_button(
        "encoder",
        figures={"Words": lambda: _figure(both, at)} | reading_views.map_figures(both, state),
        arrays=lambda: _arrays(both, at, weighed),
        look=own,
        settings={"layer": state.layer, "head": state.head, "hidden": at},
    )


def _arrays(both: Readings, at: int, weighed: int) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for name, look in both.by_name.items():
        of = name.replace(" ", "_")
        arrays[f"probs_{of}"] = _probs(look, at)
        arrays[f"weights_{of}"] = attention(look).maps("weights")[:]
    filled = _filled(both.own, at)
    arrays |= {"change": filled.changes(weighed), "weighed": np.array(weighed)}
    return arrays | {"tokens": np.array(both.own.tokens), "rollout": _shares(both.own, at)}


def _probs(look: Look, at: int) -> np.ndarray:
    """(V,): the probability of every token at the hidden place."""
    return np.asarray(traced(look).probs[at])


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def _filled(look: Look, at: int) -> Filled:
    mark = hidden_token(look.checkpoint.tokenizer)
    return fill(look.checkpoint.model, look.ids, at, mark, look.switches)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_LOOK)
def _shares(look: Look, at: int) -> np.ndarray:
    """(T,): how much of each token is in the hidden one's last state, by rollout."""
    site = attention(look)
    flow: np.ndarray = rollout.rollout(site.maps("weights"), 0.5 if site.config.skip else 0.0)
    return flow[-1][at]
