"""Direct effects: one logit as a sum over all parts of the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

import gpt
from gpt.errors import HeadlightError
from gpt.inspect.one_head.sums import adding_up
from gpt.inspect.stream.direct_effects import DirectEffects
from pages.parts.residual import label_words, stream_menus, stream_numbers
from pages.parts.residual.part_drawing import PartDrawing, chart
from pages.parts.residual.residual_state import BARS, ResidualState
from pages.shared import loads, url_controls
from pages.shared.loads import Look
from pages.shared.plain import plain, sentence
from viz.figures.heads.head_effects import head_effects
from viz.figures.stream.waterfall import waterfall
from viz.text import visible

MANY = 48
"""Parts from which on branches are shown at first."""


def draw(look: Look, state: ResidualState) -> PartDrawing:
    """Draw controls, the sum, and the heads of all layers; of a classifier, for a label."""
    trace = loads.traced(look)
    of_label = label_words.is_label(look)
    with st.container(horizontal=True, gap="medium"):
        at = len(look.ids) - 1 if of_label else stream_menus.position(len(look.ids), state)
        token = stream_menus.token(look, at, state)
        against = stream_menus.against(look, at, state)
        bars = _bars(trace.config, state)
    link: dict[str, Any] = {"bars": bars} if of_label else {"position": at, "bars": bars}
    try:
        effects = stream_numbers.effects(look, None if of_label else at, token, against)
    except HeadlightError as error:
        st.info(sentence(str(error)), icon=":material/info:")
        return PartDrawing(link)
    return _effect_views(look, effects, bars, link)


def _effect_views(
    look: Look, effects: DirectEffects, bars: str, link: dict[str, Any]
) -> PartDrawing:
    config = look.checkpoint.config
    name = _name(look, effects)
    left, right = st.columns([3, 2], gap="large")
    with left:
        chart(_sum(effects, bars, name), "residual_waterfall")
    with right:
        st.markdown(_sentence(effects, name))
        st.markdown("Each head")
        chart(_heads(config, effects), "residual_heads")
        st.caption(reach(config, look.switches))
    return PartDrawing(
        link,
        {
            "Sum": lambda: _sum(effects, bars, name),
            "Heads": lambda: _heads(config, effects),
        },
        lambda: _arrays(config, effects),
        {"position": effects.position, "token": effects.token, "against": effects.against},
    )


def _bars(config: gpt.GPTConfig, state: ResidualState) -> str:
    many = config.n_layer * (config.n_head + 2) > MANY
    return url_controls.choice(
        "Bars",
        state,
        "bars",
        BARS[::-1] if many else BARS,
        "Each head, bias and MLP by itself, or each attention as a whole.",
    )


def _name(look: Look, effects: DirectEffects) -> str:
    """The quantity as plain text: logit of e, or logit of e − logit of t."""
    ids = [effects.token] if effects.against is None else [effects.token, effects.against]
    pieces = label_words.names(look, ids)
    return " − ".join(f"logit of {visible(piece)}" for piece in pieces)


def _sum(effects: DirectEffects, bars: str, name: str) -> Any:
    parts = effects.parts if bars == "each part" else effects.branches()
    rounded, _ = adding_up(np.array([part.value for part in parts]))
    return waterfall(rounded, [part.name for part in parts], name)


def _heads(config: gpt.GPTConfig, effects: DirectEffects) -> Any:
    return head_effects(effects.heads((config.n_layer, config.n_head)), "adds to the logit")


def _sentence(effects: DirectEffects, name: str) -> str:
    missed = abs(effects.total - effects.logit)
    return (
        f"The model's own {plain(name)}: **{effects.logit:.4f}**. The parts add up to "
        f"**{effects.total:.4f}**; the difference of {missed:.0e} is rounding."
    )


def reach(config: gpt.GPTConfig, switches: gpt.Switches) -> str:
    """The meaning of the sum for this architecture, in a sentence or two."""
    if switches.norm_off or (config.norm == "none" and not config.embedding_norm):
        sentence = "No norm stands on the way: each part goes straight through the last matrix."
    elif config.norm == "post":
        sentence = (
            "Each part passes every norm after it, each with its spread held as it was at this "
            "input; what the norms' biases add is the norm bias."
        )
    else:
        sentence = (
            "The final norm is held as it was at this input (its spread), so that it is linear; "
            "what its bias adds is the norm bias."
        )
    if config.is_classifier:
        sentence += (
            f" The label is read from {label_words.READ_FROM[config.pool]}, and so is each part."
        )
    if not config.skip:
        sentence += (
            " Without skip connections each branch replaces the stream: only the last one "
            "reaches the logits directly, and all others add 0."
        )
    return sentence


def _arrays(config: gpt.GPTConfig, effects: DirectEffects) -> dict[str, np.ndarray]:
    return {
        "names": np.array([part.name for part in effects.parts]),
        "effects": np.array([part.value for part in effects.parts]),
        "heads": effects.heads((config.n_layer, config.n_head)),
        "logit": np.array(effects.logit),
    }
