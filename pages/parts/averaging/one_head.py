"""Affinities of 0, of a new head, and of a trained head, each with its weights."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

import gpt
from gpt.inspect.one_head.averaging_ways import affinities_of_zero
from gpt.inspect.one_head.first_head import first_head
from pages.parts.averaging.averaging_state import LAST_SEED, AveragingState
from pages.shared import loads, url_controls
from pages.shared.loads import Look
from pages.shared.prompt_bar import prompt_bar
from pages.shared.save import save_button
from viz.figures.equation import Matrix, equation
from viz.text import visible

T = 8


def show(state: AveragingState) -> dict[str, Any]:
    """Draw the three pairs of affinities and weights; return the values for the URL."""
    prompt = prompt_bar(state)
    look = Look(prompt.run, prompt.ids[:T], source=prompt.source)
    trace = loads.traced(look)
    seed, layer, head = _controls(trace, state)
    new = first_head(trace.config.vocab_size, look.ids, seed)
    zeros, mean = affinities_of_zero(len(look.ids))
    at = layer, head
    tokens = [visible(token) for token in look.tokens]
    heads = {
        "Affinities of 0: the mean": (zeros, mean),
        f"A new head, seed {seed}": (new.masked[0, 0], new.weights[0, 0]),
        f"Trained: layer {layer}, head {head}": (trace.masked[at], trace.weights[at]),
    }
    _columns(tokens, heads)
    _offer(look, tokens, heads, {"seed": seed, "layer": layer, "head": head})
    return {
        **prompt.link,
        "seed": seed,
        "layer": layer,
        "head": head,
    }


def _columns(tokens: list[str], heads: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for number, (column, title) in enumerate(zip(st.columns(3), heads, strict=True)):
        with column:
            st.markdown(f"**{title}**")
            for matrix in _matrices(tokens, *heads[title]):
                figure = equation([matrix], cell=28)
                key = f"averaging_{matrix.title}_{number}"
                st.plotly_chart(figure, key=key, config={"displayModeBar": False})


def _matrices(tokens: list[str], masked: np.ndarray, weights: np.ndarray) -> list[Matrix]:
    """The affinities and the weights of a head, with the same cells masked in both."""
    weights_or_masked = np.where(np.isneginf(masked), -np.inf, weights)
    return [
        Matrix("masked", masked, "signed", tokens),
        Matrix("weights", weights_or_masked, "weights", tokens),
    ]


def _offer(
    look: Look,
    tokens: list[str],
    heads: dict[str, tuple[np.ndarray, np.ndarray]],
    settings: dict[str, int],
) -> None:
    names = dict(zip(("mean", "new_head", "trained_head"), heads.values(), strict=True))
    save_button(
        "averaging: one head",
        figures={title: partial(_pair, tokens, *maps) for title, maps in heads.items()},
        arrays=lambda: {
            f"{name}_{stage}": array
            for name, maps in names.items()
            for stage, array in zip(("masked", "weights"), maps, strict=True)
        },
        look=look,
        settings=settings,
    )


def _pair(tokens: list[str], masked: np.ndarray, weights: np.ndarray) -> go.Figure:
    return equation([*_matrices(tokens, masked, weights)], cell=40)


def _controls(trace: gpt.Trace, state: AveragingState) -> tuple[int, int, int]:
    """Draw the new head's seed, and the choice of a trained head."""
    L, H = trace.weights.shape[:2]
    layers, heads = f"this model has layers 0 to {L - 1}", f"a layer here has heads 0 to {H - 1}"
    with st.container(horizontal=True):
        seed = url_controls.whole("Seed of the new head", state, "seed", 0, LAST_SEED, width=180)
        layer = url_controls.whole("Trained: layer", state, "layer", 0, L - 1, layers, width=150)
        head = url_controls.whole("Trained: head", state, "head", 0, H - 1, heads, width=150)
    return seed, layer, head
