"""What the page draws of the two readings: labels, tokens, and every head side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.sampling import softmax
from pages.parts.attention import attention_pictures
from pages.parts.encoder import two_readings
from pages.parts.encoder.encoder_state import EncoderState
from pages.parts.encoder.two_readings import Readings
from pages.shared import page_memory, page_state, selection
from pages.shared.figures import inked, weight_figures
from pages.shared.loads import Look, attention, entropies, names_of_logits, traced
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.predictions.label_bars import label_bars
from viz.text import visible
from viz.views.attention import attention_view
from viz.views.carried import carried_data, carried_view

LIKELIEST = -1
"""In the menu: the likeliest label, whichever that is."""
KEYS = {two_readings.NO_MASK: "encoder_free", two_readings.CAUSAL: "encoder_causal"}


def labels(both: Readings) -> None:
    """Draw every label's probability, read in both ways, and the two answers in a sentence."""
    own = both.own
    names = names_of_logits(own.run)
    chart = inked(_label_figure(both))
    st.plotly_chart(chart, key="encoder_labels", config={"displayModeBar": False})
    by_name = {name: two_readings.probs(look) for name, look in both.by_name.items()}
    best = {name: int(values.argmax()) for name, values in by_name.items()}
    first, second = by_name
    with st.container(key="encoder_answer"):
        st.markdown(
            f"With {first}, as it was trained: **{plain(visible(names[best[first]]))}**, "
            f"probability **{by_name[first].max():.4f}**. With {second}: "
            f"**{plain(visible(names[best[second]]))}**, **{by_name[second].max():.4f}**."
        )
        if own.checkpoint.config.mask == "none":
            st.caption(
                "With the causal mask each token is read without those after it, as in a decoder; "
                "nobody trained the model for that."
            )


def _label_figure(both: Readings) -> go.Figure:
    by_name = {name: two_readings.probs(look) for name, look in both.by_name.items()}
    return label_bars(names_of_logits(both.own.run), by_name)


def label_menu(look: Look, state: EncoderState) -> int:
    """Draw the choice of the label that tokens are weighed for; return its place."""
    names, likeliest = names_of_logits(look.run), int(two_readings.probs(look).argmax())
    limits = f"this model has labels 0 to {len(names) - 1}"
    page_state.fitted(state, "label", range(len(names)), LIKELIEST, limits)
    chosen: int = st.selectbox(
        "For the label",
        [LIKELIEST, *range(len(names))],
        format_func=lambda k: (
            f"likeliest ({visible(names[likeliest])})" if k == LIKELIEST else visible(names[k])
        ),
        **page_state.control("label"),
        on_change=_chosen,
        width=240,
    )
    return likeliest if chosen == LIKELIEST else chosen


def _chosen() -> None:
    label = st.session_state[page_memory.key("label")]
    page_state.put(label=None if label == LIKELIEST else label)


def tokens(look: Look, label: int) -> None:
    """Draw what each token did for a label, by leaving it out and by rollout."""
    left_out = two_readings.left_out(look)
    changes, probs = left_out.changes(label), left_out.probs(label)
    name = look.checkpoint.labels[label]
    data = carried_data(look.tokens, changes, probs, two_readings.shares(look), name)
    carried_view(data, key="encoder_tokens")


def heads(both: Readings, state: EncoderState) -> EncoderState:
    """Draw every head of both readings side by side; return the state with the picked head.

    At first it is the one that tells most of where it looks, on the model's own text.
    """
    keys = [KEYS[name] for name in both.by_name]
    state = selection.opened_on_telling(
        selection.followed(state, *keys), two_readings.own_look(both.own)
    )
    state = selection.fit_head(state, entropies(both.own).shape)
    state = selection.fit_cell(state, *both.own.size)
    head = state.layer, state.head
    if average_alike(both.own):
        st.caption(
            "Every head looks at all tokens nearly alike: the model takes their plain average. "
            "What it says comes from the embeddings of the tokens, not from where it looks."
        )
    st.caption(f"The model was trained with {both.trained}.")
    for column, (name, look) in zip(st.columns(2, gap="large"), both.by_name.items(), strict=True):
        with column:
            entropy = float(entropies(look)[head])
            # Alike on both sides, so that neither wraps alone and pushes its map down.
            st.markdown(f"**{name.capitalize()}** · mean entropy **{entropy:.4f}** nats")
            now = attention_view(
                attention_pictures.payload(look, "weights", "layer", head),
                key=KEYS[name],
                selected=head,
                locked=selection.lock(KEYS[name], state.cell),
                compact=True,
            )
            selection.remember(KEYS[name], now)
    return state


def average_alike(look: Look) -> bool:
    """Whether the rows of every head are as even as they can be, to a hundredth of the entropy."""
    highest = float(np.log(attention(look).visible.sum(-1)).mean())
    return highest > 0 and bool((entropies(look) >= 0.99 * highest).all())


def save(both: Readings, state: EncoderState, label: int) -> None:
    """Draw the save button."""
    own, figures = both.own, {"Labels": lambda: _label_figure(both)}
    settings = {"layer": state.layer, "head": state.head, "label": own.checkpoint.labels[label]}
    save_button(
        "encoder",
        figures=figures | map_figures(both, state),
        arrays=lambda: _arrays(both, label),
        look=own,
        settings=settings,
    )


def map_figures(both: Readings, state: EncoderState) -> dict[str, Any]:
    """The maps of the chosen head, and of all, in both readings, as pictures to save."""
    figures: dict[str, Any] = {}
    for name, look in both.by_name.items():
        site, head = attention(look), (state.layer, state.head)
        pictures = weight_figures(site.maps("weights"), look.tokens, site.visible, head)
        figures |= {f"{title}, {name}": figure for title, figure in pictures.items()}
    return figures


def _arrays(both: Readings, label: int) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {"labels": np.array(both.own.checkpoint.labels)}
    for name, look in both.by_name.items():
        of = name.replace(" ", "_")
        arrays[f"class_logits_{of}"] = traced(look).class_logits
        arrays[f"class_probs_{of}"] = softmax(traced(look).class_logits)
        arrays[f"weights_{of}"] = attention(look).maps("weights")[:]
    left_out = two_readings.left_out(both.own)
    arrays |= {"logits_without_token": left_out.without, "change": left_out.changes(label)}
    return arrays | {"tokens": np.array(both.own.tokens), "rollout": two_readings.shares(both.own)}
