"""From affinities of 0 to one head's own: at its beginning, and of a trained model."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

import gpt
from gpt.inspect.averages import affinities_of_zero
from gpt.inspect.first_head import first_head
from pages.shared import links, loads, permalink
from pages.shared.loads import Look
from pages.shared.prompt_bar import prompt_bar
from viz.equation import Matrix, equation
from viz.text import visible

T = 8


def show() -> dict[str, Any]:
    """Draw the three pairs of affinities and weights; return what the URL should say."""
    prompt = prompt_bar()
    look = Look(prompt.run, prompt.ids[:T])
    found = loads.traced(look)
    seed, layer, head = _controls(found)
    new = first_head(found.config.vocab_size, look.ids, seed)
    zeros, mean = affinities_of_zero(len(look.ids))
    at = layer, head
    _columns(
        [visible(token) for token in look.tokens],
        {
            "Affinities of 0: the mean": (zeros, mean),
            f"A new head, seed {seed}": (new.masked[0, 0], new.weights[0, 0]),
            f"Trained: layer {layer}, head {head}": (found.masked[at], found.weights[at]),
        },
    )
    return {
        "run": prompt.run,
        "prompt": prompt.text,
        "seed": seed,
        "layer": layer,
        "head": head,
    }


def _columns(tokens: list[str], heads: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for place, (column, title) in enumerate(zip(st.columns(3), heads, strict=True)):
        masked, weights = heads[title]
        weights = np.where(np.isneginf(masked), -np.inf, weights)
        with column:
            st.markdown(f"**{title}**")
            _drawn(Matrix("masked", masked, "signed", tokens), f"masked_{place}")
            _drawn(Matrix("weights", weights, "weights", tokens), f"weights_{place}")


def _drawn(matrix: Matrix, key: str) -> None:
    figure = equation([matrix], cell=28)
    st.plotly_chart(figure, key=f"averaging_{key}", config={"displayModeBar": False})


def _controls(found: gpt.Trace) -> tuple[int, int, int]:
    """The new head's seed, and which trained head."""
    L, H = found.weights.shape[:2]
    permalink.bind("seed", 1, links.index)
    layer, head = links.within(links.head(), (L, H))
    permalink.put("layer", layer)
    permalink.put("head", head)
    with st.container(horizontal=True):
        seed = st.number_input(
            "Seed of the new head", 0, 10_000, key=permalink.key("seed"), width=180
        )
        st.number_input("Trained: layer", 0, L - 1, key=permalink.key("layer"), width=150)
        st.number_input("Trained: head", 0, H - 1, key=permalink.key("head"), width=150)
    return int(seed), layer, head
