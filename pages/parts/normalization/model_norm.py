"""One norm of this model on the prompt: before, after, and the learned γ and β."""

from __future__ import annotations

from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.stream import model_norms
from gpt.inspect.stream.model_norms import NormAtWork, row_moments
from gpt.nn.config import GPTConfig
from pages.parts.normalization.normalization_state import NormalizationState
from pages.parts.normalization.number_fields import chart, number, positional, table, whole
from pages.shared import loads, page_state
from pages.shared.loads import BY_LOOK, Look
from pages.shared.prompt_bar import prompt_bar
from pages.shared.save import save_button
from viz.figures.stream.gain_bias import gain_bias
from viz.figures.stream.token_moments import token_moments
from viz.figures.stream.vector_lines import spreads
from viz.text import visible

WHERE = {
    "pre": {
        "ln_1": "before attention",
        "ln_cross": "before cross-attention",
        "ln_2": "before the MLP",
    },
    "post": {
        "ln_1": "after attention",
        "ln_cross": "after cross-attention",
        "ln_2": "after the MLP",
    },
}
OUTSIDE = {
    "ln_e": "after the embeddings (ln_e)",
    "ln_f": "the final norm (ln_f)",
    "transform.ln": "before the output embedding (transform.ln)",
}


def show(state: NormalizationState) -> dict[str, Any]:
    """Draw one norm at work; return the values for the URL."""
    prompt = prompt_bar(state)
    link, look = prompt.link, prompt.look()
    names = model_norms.norm_names(look.checkpoint.model)
    if not names:
        st.info(without(look.checkpoint.config), icon=":material/table_rows:")
        return link
    with st.container(horizontal=True, vertical_alignment="bottom", key="norm_place"):
        norm_name = _norm_menu(names, look.checkpoint.config, state)
        if norm_name.startswith(model_norms.OF_ENCODER):
            look = prompt.look(site="encoder")
        last = look.size[0] - 1
        position = whole(
            "Position", state, "position", 0, last, "A token of the prompt.", default=last
        )
    norm = at_work(look, norm_name)
    _norm_views(look, norm, position)
    _offer(look, norm, position)
    return {**link, "norm": norm_name, "position": position}


def without(config: GPTConfig) -> str:
    """Say why there is no norm to look at."""
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
def at_work(look: Look, norm_name: str) -> NormAtWork:
    """The input and the output of one norm of the run."""
    return model_norms.at_work(look.checkpoint.model, loads.traced(look), norm_name)


def _norm_menu(names: list[str], config: GPTConfig, state: NormalizationState) -> str:
    limits = f"this model's norms are {', '.join(names)}"
    page_state.fitted(state, "norm", names, names[0], limits)
    chosen: str = st.selectbox(
        "Norm",
        names,
        format_func=lambda norm_name: _called(norm_name, config),
        **page_state.control("norm"),
        width=320,
        help="In the order in which a token meets them; the names are GPT-2's.",
    )
    return chosen


def _called(norm_name: str, config: GPTConfig) -> str:
    if norm_name.startswith(model_norms.OF_ENCODER):
        return f"encoder: {_called(norm_name.removeprefix(model_norms.OF_ENCODER), config)}"
    if norm_name in OUTSIDE:
        return OUTSIDE[norm_name]
    _, layer, name = norm_name.split(".")
    return f"layer {layer}, {WHERE[config.norm][name]} ({name})"


def _norm_views(look: Look, norm: NormAtWork, position: int) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        token = visible(look.tokens[position]).replace("`", "´")
        st.markdown(f"**Channels of position {position}**, the token `{token}`")
        chart(_spread(norm, position), "norm_spread")
    with right:
        st.markdown("**Mean and deviation of every token's vector**")
        chart(_moments(look, norm, position), "norm_moments")
    words, picture = st.columns([2, 3], gap="large")
    with words, st.container(key="norm_numbers_table"):
        st.markdown(_table(norm, position))
        st.caption(_kind(norm))
    with picture:
        chart(_learned(norm), "norm_learned")
    st.caption(_gains(norm))


def _spread(norm: NormAtWork, position: int) -> go.Figure:
    stages = {name: part[position] for name, part in norm.stages().items()}
    histograms = model_norms.spreads(stages)
    return spreads(histograms.edges, histograms.counts)


def _moments(look: Look, norm: NormAtWork, position: int) -> go.Figure:
    stages = {name: row_moments(part) for name, part in norm.stages().items()}
    return token_moments(stages, look.tokens, position)


def _learned(norm: NormAtWork) -> go.Figure:
    return gain_bias(norm.gain, norm.first_gain, norm.bias, norm.first_bias)


def _table(norm: NormAtWork, position: int) -> str:
    rows = []
    for name, part in norm.stages().items():
        mean, std = (of_rows[position] for of_rows in row_moments(part))
        rows.append([name, number(float(mean)), number(float(std))])
    return table([f"position {position}", "mean", "std"], rows)


def _kind(norm: NormAtWork) -> str:
    if norm.kind == "layer":
        return (
            f"LayerNorm, ε = {positional(norm.epsilon)}: each token's vector by itself, so that "
            "each has mean 0 and deviation 1 before γ and β."
        )
    return (
        f"Batch normalization, ε = {positional(norm.epsilon)}: each channel by the running mean "
        "and variance that training left, so that one token's vector need not have mean 0 or "
        "deviation 1."
    )


def _gains(norm: NormAtWork) -> str:
    mean, std = row_moments(norm.gain)
    gains = f"γ over the channels: mean {number(float(mean))}, std {number(float(std))}"
    if norm.bias is None:
        return f"{gains}. This model's norms have no bias. Dotted: 1, where γ begins."
    mean, std = row_moments(norm.bias)
    return (
        f"{gains}; β: mean {number(float(mean))}, std {number(float(std))}. "
        "Dotted: where a new norm begins, γ at 1 and β at 0."
    )


def _offer(look: Look, norm: NormAtWork, position: int) -> None:
    learned = {"gain": norm.gain} | ({} if norm.bias is None else {"bias": norm.bias})
    save_button(
        "normalization: in this model",
        figures={
            "Channels of one position": partial(_spread, norm, position),
            "Every token": partial(_moments, look, norm, position),
            "Gain and bias": partial(_learned, norm),
        },
        arrays=lambda: {
            "before": norm.before,
            "normalized": norm.normalized,
            "after": norm.after,
            **learned,
        },
        look=look,
        settings={"norm": norm.norm_name, "kind": norm.kind, "position": position},
    )
