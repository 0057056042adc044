"""Vocabulary size against sequence length: fixed tokenizers at once, trained ones on request."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gpt.errors import HeadlightError
from gpt.text import token_cuts
from gpt.text.tokenizers.choices import CHOICES
from pages.parts.tensors import trained_tokenizers
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.parts.tensors.tensors_state import SIZES as OFFERED
from pages.parts.tensors.tensors_state import TensorsState
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.tokens.trade import Point, trade

FIXED = ("characters", "bytes", "gpt2")
SIZES = (256, *OFFERED, 16_384)
SIZES_IN_ALL = len(SIZES) * len(trained_tokenizers.LEARN)
TRAINING = "_tensors_training"

Points = dict[str, dict[int, Point | None]]
"""The point of each kind of tokenizer at each V; None for a V that it does not reach."""


def show(chosen: ChosenCorpus, run: str | None, state: TensorsState) -> dict[str, Any]:
    """Draw the curve; return the values for the URL."""
    points, fixed = _points(chosen.digest), _fixed(chosen)
    todo = [(name, size) for name in trained_tokenizers.LEARN for size in _missing(points[name])]
    training = st.session_state.get(TRAINING) == chosen.digest
    if todo:
        _controls(chosen, training, todo[0], SIZES_IN_ALL - len(todo))
    figure = trade(_lines(points), fixed)
    st.plotly_chart(figure, key="tensors_trade", config={"displayModeBar": False})
    st.caption(
        f"{plain(chosen.title)}: trained on its {len(chosen.text):,} characters, counted over the "
        "last tenth of them. GPT-2's was trained on other text."
    )
    if todo and training:
        name, size = todo[0]
        points[name][size] = _trained_point(name, size, chosen)
        st.rerun()  # one a run: in between, a person can stop it, or go elsewhere
    _offer(chosen, points, fixed)
    return {}


def _controls(chosen: ChosenCorpus, training: bool, at: tuple[str, int], done: int) -> None:
    """Draw a button that starts or stops, and the progress of the training."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Stop" if training else "Train them on this corpus",
            icon=":material/stop:" if training else ":material/model_training:",
            key="tensors_train",
            on_click=_set_training,
            args=(None if training else chosen.digest,),
            help=f"BPE and SentencePiece at V = {SIZES[0]} to {SIZES[-1]:,}: about ten seconds "
            "for half a million characters, up to a minute for more.",
        )
        if training:
            name, size = at
            st.progress(done / SIZES_IN_ALL, f"{CHOICES[name].title}: V = {size:,}")


def _set_training(digest: str | None) -> None:
    st.session_state[TRAINING] = digest


def _missing(line: dict[int, Point | None]) -> list[int]:
    """The sizes to try; none beyond one that the text was too short for."""
    exhausted = any(point is not None and point[0] < V for V, point in line.items())
    return [] if exhausted else [size for size in SIZES if size not in line]


def _trained_point(name: str, size: int, chosen: ChosenCorpus) -> Point | None:
    """The point of a trained tokenizer, at its own V, which is smaller for a short text."""
    try:
        tokenizer = trained_tokenizers.tokenizer(name, None, chosen, size)
        return token_cuts.trade(tokenizer, chosen.text)
    except HeadlightError:
        return None


def _lines(points: Points) -> dict[str, list[Point]]:
    lines = {
        CHOICES[name].title: list(dict.fromkeys(p for p in line.values() if p is not None))
        for name, line in points.items()
    }
    return {title: line for title, line in lines.items() if line}


def _fixed(chosen: ChosenCorpus) -> dict[str, Point]:
    """The tokenizers with a fixed V, and a note on those that are not here."""
    points: dict[str, Point] = {}
    for name in FIXED:
        try:
            points[CHOICES[name].title] = _fixed_point(name, chosen.digest, chosen)
        except HeadlightError as error:
            st.info(plain(f"Without {CHOICES[name].title}: {error}"), icon=":material/download:")
    return points


@st.cache_resource(max_entries=24, show_spinner=False)
def _fixed_point(name: str, digest: str, _chosen: ChosenCorpus) -> Point:
    tokenizer = trained_tokenizers.tokenizer(name, None, _chosen, OFFERED[0])
    return token_cuts.trade(tokenizer, _chosen.text)


@st.cache_resource(max_entries=8, show_spinner=False)
def _points(digest: str) -> Points:
    """The points of a corpus so far, cached, so that the training goes on where it stopped."""
    return {name: {} for name in trained_tokenizers.LEARN}


def _offer(chosen: ChosenCorpus, points: Points, fixed: dict[str, Point]) -> None:
    lines = _lines(points)
    save_button(
        "text to tensors: size",
        figures={"Vocabulary size against sequence length": lambda: trade(lines, fixed)},
        arrays=lambda: {title: np.array(line) for title, line in (lines | _each(fixed)).items()},
        settings={"corpus": chosen.title, "corpus_sha256": chosen.digest}
        | {"columns": ["V", "tokens per 1,000 characters"]},
    )


def _each(fixed: dict[str, Point]) -> dict[str, list[Point]]:
    return {title: [point] for title, point in fixed.items()}
