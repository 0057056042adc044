"""In this model: one of its norms on the prompt, before, after, and what γ and β became."""

from __future__ import annotations

from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.stream import model_norms
from gpt.inspect.stream.model_norms import NormAtWork, row_moments
from gpt.nn.config import GPTConfig
from pages.parts.normalization.fields import chart, number, positional, table, whole
from pages.parts.normalization.state import NormalizationState
from pages.shared import loads, page_state
from pages.shared.loads import BY_LOOK, Look
from pages.shared.prompt_bar import prompt_bar
from pages.shared.save import save_button
from viz.figures.stream.gain_bias import gain_bias
from viz.figures.stream.spreads import spreads
from viz.figures.stream.token_moments import token_moments
from viz.text import visible

WHERE = {
    "pre": {"ln_1": "before attention", "ln_2": "before the MLP"},
    "post": {"ln_1": "after attention", "ln_2": "after the MLP"},
}
OUTSIDE = {
    "ln_e": "after the embeddings (ln_e)",
    "ln_f": "the final norm (ln_f)",
    "transform.ln": "before the output embedding (transform.ln)",
}


def show(state: NormalizationState) -> dict[str, Any]:
    """Draw one norm at work; return what the URL should say."""
    prompt = prompt_bar(state)
    link = {"run": prompt.run, "prompt": prompt.text}
    look = Look(prompt.run, prompt.ids)
    places = model_norms.places(look.checkpoint.model)
    if not places:
        st.info(without(look.checkpoint.config), icon=":material/table_rows:")
        return link
    with st.container(horizontal=True, vertical_alignment="bottom", key="norm_place"):
        place = _place(places, look.checkpoint.config, state)
        last = len(look.ids) - 1
        position = whole(
            "Position", state, "position", 0, last, "A token of the prompt.", default=last
        )
    found = at_work(look, place)
    _drawn(look, found, position)
    _offer(look, found, position)
    return {**link, "norm": place, "position": position}


def without(config: GPTConfig) -> str:
    """Why there is no norm to look at."""
    if not config.n_layer:
        return (
            "This model is a bigram, a table of next-token logits: it has no layers and no norms. "
            "*By hand* needs no model; or choose another one."
        )
    return (
        "This model was built without norms: its settings say norm = none. *By hand* needs no "
        "model; or choose another one."
    )


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def at_work(look: Look, place: str) -> NormAtWork:
    """What one norm of the run read and gave."""
    return model_norms.at_work(look.checkpoint.model, loads.traced(look), place)


def _place(places: list[str], config: GPTConfig, state: NormalizationState) -> str:
    told = f"this model's norms are {', '.join(places)}"
    page_state.fitted(state, "norm", places, places[0], told)
    chosen: str = st.selectbox(
        "Norm",
        places,
        format_func=lambda place: _called(place, config),
        **page_state.control("norm"),
        width=320,
        help="In the order in which a token meets them; the names are GPT-2's.",
    )
    return chosen


def _called(place: str, config: GPTConfig) -> str:
    if place in OUTSIDE:
        return OUTSIDE[place]
    _, layer, name = place.split(".")
    return f"layer {layer}, {WHERE[config.norm][name]} ({name})"


def _drawn(look: Look, found: NormAtWork, position: int) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        token = visible(look.tokens[position]).replace("`", "´")
        st.markdown(f"**Channels of position {position}**, the token `{token}`")
        chart(_spread(found, position), "norm_spread")
    with right:
        st.markdown("**Mean and deviation of every token's vector**")
        chart(_moments(look, found, position), "norm_moments")
    words, picture = st.columns([2, 3], gap="large")
    with words, st.container(key="norm_numbers_table"):
        st.markdown(_table(found, position))
        st.caption(_kind(found))
    with picture:
        chart(_learned(found), "norm_learned")
    st.caption(_gains(found))


def _spread(found: NormAtWork, position: int) -> go.Figure:
    stages = {name: part[position] for name, part in found.stages().items()}
    histograms = model_norms.spreads(stages)
    return spreads(histograms.edges, histograms.counts)


def _moments(look: Look, found: NormAtWork, position: int) -> go.Figure:
    stages = {name: row_moments(part) for name, part in found.stages().items()}
    return token_moments(stages, look.tokens, position)


def _learned(found: NormAtWork) -> go.Figure:
    return gain_bias(found.gain, found.first_gain, found.bias, found.first_bias)


def _table(found: NormAtWork, position: int) -> str:
    rows = []
    for name, part in found.stages().items():
        mean, std = (of_rows[position] for of_rows in row_moments(part))
        rows.append([name, number(float(mean)), number(float(std))])
    return table([f"position {position}", "mean", "std"], rows)


def _kind(found: NormAtWork) -> str:
    if found.kind == "layer":
        return (
            f"LayerNorm, ε = {positional(found.epsilon)}: each token's vector by itself, so that "
            "each has mean 0 and deviation 1 before γ and β."
        )
    return (
        f"Batch normalization, ε = {positional(found.epsilon)}: each channel by the running mean "
        "and variance that training left, so that one token's vector need not have mean 0 or "
        "deviation 1."
    )


def _gains(found: NormAtWork) -> str:
    mean, std = row_moments(found.gain)
    told = f"γ over the channels: mean {number(float(mean))}, std {number(float(std))}"
    if found.bias is None:
        return f"{told}. This model's norms have no bias. Dotted: 1, where γ begins."
    mean, std = row_moments(found.bias)
    return (
        f"{told}; β: mean {number(float(mean))}, std {number(float(std))}. "
        "Dotted: where a new norm begins, γ at 1 and β at 0."
    )


def _offer(look: Look, found: NormAtWork, position: int) -> None:
    learned = {"gain": found.gain} | ({} if found.bias is None else {"bias": found.bias})
    save_button(
        "normalization: in this model",
        figures={
            "Channels of one position": partial(_spread, found, position),
            "Every token": partial(_moments, look, found, position),
            "Gain and bias": partial(_learned, found),
        },
        arrays=lambda: {
            "before": found.before,
            "normalized": found.normalized,
            "after": found.after,
            **learned,
        },
        look=look,
        settings={"norm": found.place, "kind": found.kind, "position": position},
    )
