"""The effect of norms: the model without its norms, and models trained with other norms."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.stream import model_norms
from gpt.inspect.stream.model_norms import WithoutNorms
from gpt.training.estimate import uniform_loss
from pages.parts.normalization import trained_norms
from pages.parts.normalization.model_norm import without
from pages.parts.normalization.normalization_state import NormalizationState
from pages.parts.normalization.number_fields import chart, number, table
from pages.shared.loads import BY_LOOK, Look, names_of_logits
from pages.shared.prompt_bar import prompt_bar
from pages.shared.save import save_button
from viz.figures.predictions.before_after import before_after


def show(state: NormalizationState) -> dict[str, Any]:
    """Draw the prompt read twice, and the pairs; return the values for the URL."""
    prompt = prompt_bar(state)
    look = prompt.look()
    model = look.checkpoint.model
    if model_norms.norm_names(model):
        _twice(look, read_twice(look))
    else:
        st.info(without(look.checkpoint.config), icon=":material/table_rows:")
    trained_norms.draw()
    return prompt.link


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def read_twice(look: Look) -> WithoutNorms:
    """The prompt with the run's norms and without."""
    return model_norms.without_norms(look.checkpoint.model, look.ids, look.source or None)


def _twice(look: Look, both: WithoutNorms) -> None:
    left, right = st.columns([2, 3], gap="large")
    with left, st.container(key="norm_off"):
        st.markdown("**This model with its norms switched off**")
        st.markdown(_losses(look, both))
        st.caption(
            "The weights are the same. They were trained to read what norms hand them, so this "
            "says how much they rely on it, not how well a model without norms would learn."
        )
    with right:
        what = "The label" if look.checkpoint.config.is_classifier else "The next token"
        st.markdown(f"**{what}, with the norms (before) and without (after)**")
        chart(_next(look, both), "norm_next")
    save_button(
        "normalization: does it matter",
        figures={"The next token": partial(_next, look, both)},
        arrays=lambda: {
            "loss": np.array([both.as_is.loss, both.without.loss]),
            "logits": both.as_is.logits,
            "logits_without_norms": both.without.logits,
        },
        look=look,
        settings={"second": {"norm_off": True}},
    )


def _next(look: Look, both: WithoutNorms) -> go.Figure:
    names = names_of_logits(look.run)
    return before_after(both.as_is.logits, both.without.logits, names)


def _losses(look: Look, both: WithoutNorms) -> str:
    if look.checkpoint.config.is_classifier:
        return "This model gives the text a label: there is no loss of next tokens to compare."
    one_token = len(look.ids) == 1
    rows = [
        ("with its norms", None if one_token else both.as_is.loss),
        ("norms switched off", None if one_token else both.without.loss),
        ("ln V: all equally likely", uniform_loss(look.checkpoint.config.vocab_size)),
    ]
    return table(["on this prompt", "loss, nats"], [[name, number(loss)] for name, loss in rows])
