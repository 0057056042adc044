"""Neurons: what the feed-forward layer holds inside, and which neurons made this token's logit."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.errors import ConfigError
from gpt.inspect.stream.neurons import Neurons, neurons
from pages.parts.residual import stream_menus
from pages.parts.residual.part_drawing import PartDrawing, chart
from pages.parts.residual.residual_state import ResidualState
from pages.shared import loads, page_state
from pages.shared.loads import BY_LOOK, Look
from pages.shared.plain import plain, sentence
from viz.colors import DOWN, UP
from viz.figures.plot_parts import framed, name_rows
from viz.figures.tokens.channels import channel_map
from viz.text import visible

SHOWN = 12


def draw(look: Look, state: ResidualState) -> PartDrawing:
    """Draw controls, the hidden layer over the prompt, and the neurons that matter most."""
    with st.container(horizontal=True, gap="medium"):
        layer = _layer(look, state)
        at = stream_menus.position(len(look.ids), state)
        token = stream_menus.token(look, at, state)
    link = {"mlp": layer, "position": at}
    try:
        inside = opened(look, layer, at, token)
    except ConfigError as error:
        st.info(sentence(str(error)), icon=":material/info:")
        return PartDrawing(link)
    left, right = st.columns([3, 2], gap="large")
    with left:
        chart(_hidden(look, inside, at), "residual_hidden")
    with right:
        chart(_bars(inside), "residual_neurons")
    st.markdown(_words(look, inside, layer, at, token))
    st.dataframe(_table(look, inside, at), hide_index=True, key="residual_neuron_table")
    return PartDrawing(
        link,
        {"Neurons": lambda: _bars(inside), "Hidden layer": lambda: _hidden(look, inside, at)},
        lambda: {"hidden": inside.hidden, "effects": inside.effects},
        {"layer": layer, "position": at, "token": token},
    )


def _layer(look: Look, state: ResidualState) -> int:
    L = look.checkpoint.config.n_layer
    limits = f"this model has layers 0 to {L - 1}"
    page_state.fitted(state, "mlp", range(L), L - 1, limits)
    return int(st.selectbox("MLP of layer", range(L), **page_state.control("mlp"), width=120))


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def opened(look: Look, layer: int, at: int, token: int) -> Neurons:
    """The hidden layer, and each neuron's effect on one logit."""
    return neurons(look.checkpoint.model, loads.traced(look), layer, at, token)


def _hidden(look: Look, inside: Neurons, at: int) -> go.Figure:
    return channel_map(
        inside.hidden,
        tokens=look.tokens,
        column="neuron",
        pointed=(at, inside.strongest(1)[0]),
        height=430,
    )


def _bars(inside: Neurons) -> go.Figure:
    """The direct effects of the strongest neurons."""
    strongest = inside.strongest(SHOWN)
    effects = inside.effects[strongest]
    figure = go.Figure(
        go.Bar(
            x=effects,
            y=list(range(len(strongest))),
            orientation="h",
            marker_color=[UP if effect >= 0 else DOWN for effect in effects],
            hovertemplate="%{x:.4f}<extra></extra>",
        )
    )
    name_rows(figure, [f"neuron {n}" for n in strongest], 12)
    figure.update_xaxes(title="added to the logit", fixedrange=True)
    return framed(figure, 430, dragmode=False)


def _words(look: Look, inside: Neurons, layer: int, at: int, token: int) -> str:
    piece = plain(visible(look.checkpoint.tokenizer.pieces([token])[0]))
    F = inside.hidden.shape[1]
    total = inside.effects.sum() + inside.bias
    active = float((np.abs(inside.hidden[at]) > 1e-3).mean())
    first = inside.effects[inside.strongest(SHOWN)].sum()
    return (
        f"The MLP of layer {layer} has **{F:,}** neurons, for {look.checkpoint.config.n_embd:,} "
        f"channels. At position {at}, {active:.0%} of them give more than 0.001. "
        f"Together, with the bias, they add **{total:.4f}** to the logit of {piece} directly, the "
        f"{SHOWN} strongest alone {first:.4f}. Added up they differ from what the MLP gave by "
        f"{inside.difference:.1e} at most."
    )


def _table(look: Look, inside: Neurons, at: int) -> list[dict[str, object]]:
    """The strongest neurons: what they give here, and where in the prompt they fire most."""
    tokens = look.tokens
    rows = []
    for n in inside.strongest(SHOWN):
        highest = int(inside.hidden[:, n].argmax())
        rows.append(
            {
                "neuron": n,
                "gives here": round(float(inside.hidden[at, n]), 4),
                "adds to the logit": round(float(inside.effects[n]), 4),
                "fires most at": f"{highest} {visible(tokens[highest])}",
                "with": round(float(inside.hidden[highest, n]), 4),
            }
        )
    return rows
