"""The label that each state of a whole text says, from the embedding to the last layer."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.stream.logit_lens import state_names
from pages.parts.residual import label_words, stream_numbers
from pages.parts.residual.part_drawing import chart
from pages.shared.loads import Look
from viz.figures.named_lines import named_lines
from viz.text import visible

LINES = 6
"""Labels that have a line: more could not be told apart."""


def draw(look: Look) -> None:
    """Draw what each state of the whole text says, as the model reads the last one."""
    chart(lines(look), "residual_label_lens")
    pool = look.checkpoint.config.pool
    st.markdown(
        f"The lines read **{label_words.READ_FROM[pool]}**, as the model does, and end in its own "
        "answer. Below, each cell is one position's state read by itself."
    )


def lines(look: Look) -> go.Figure:
    """The labels that are likeliest at some state, the model's own first."""
    names = state_names(look.checkpoint.config)
    probs = stream_numbers.label_probs(look)  # (S, K)
    order = np.argsort(-probs.max(0), kind="stable")[:LINES]
    own = int(probs[-1].argmax())
    chosen = [own, *(int(k) for k in order if k != own)][:LINES]
    labels = map(visible, label_words.names(look, chosen))
    return named_lines(
        {label: probs[:, k] for k, label in zip(chosen, labels, strict=True)},
        x=range(len(names)),
        across="state of the residual stream, after",
        up="probability of the label",
        names=names,
    )
