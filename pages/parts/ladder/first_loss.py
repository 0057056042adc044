"""The first loss: why the lecture's bigram starts at 4.87 and not at ln V, on new tables."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.training.estimate import uniform_loss
from gpt.training.ladder.bigram_start import Start, bigram_starts, one_batch_start
from gpt.training.ladder.rungs import SEED
from gpt.training.ladder.standing import is_lectures
from pages.parts.ladder import climb_text
from pages.parts.ladder.climb_text import ClimbText
from pages.parts.ladder.ladder_state import LadderState
from pages.shared.lecture import cited
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.runs.loss_rows import Draws, start_losses

TABLES = 10
LONG = 2_000_000  # characters; up to there the tables take seconds
LECTURE = 4.87
WHY = f"""
A model that knows nothing should hold every token for equally likely: a loss of ln V. PyTorch draws
the bigram's table from N(0, 1) instead, so that it is sure of something, and mostly of the wrong
thing. The loss of a prediction is ln Σ exp(z) − z: z is 0 on average, but exp(z) is not 1, its
mean is exp(½), and the loss starts half a nat too high. Drawn with a standard deviation of 0.02,
as GPT-2 does it, it starts at ln V, and no step is wasted on unlearning. — {cited("first loss")}
"""


def show(state: LadderState) -> dict[str, Any]:
    """Draw the text's choice and the dots; return the values for the URL."""
    row = st.container(horizontal=True, vertical_alignment="bottom", key="ladder_bar")
    chosen = climb_text.choose(row, state, reads=True)
    st.markdown(WHY)
    if chosen is not None:
        _starts(chosen)
    return {}


def _starts(chosen: ClimbText) -> None:
    corpus = chosen.corpus()
    length = sum(len(document.text) for document in corpus.documents)
    label = f"Draw {TABLES} tables each and measure them"
    if length > LONG and not st.button(label, icon=":material/casino:"):
        st.caption("This text is long: measuring takes a while.")
        return
    starts = measured(chosen)
    chart = figure(chosen, starts)
    st.plotly_chart(chart, key="ladder_starts", config={"displayModeBar": False})
    st.markdown(_one_batch(chosen))
    means = "; ".join(
        f"{_label(start)}: mean {start.mean:.4f}, "
        f"{min(start.losses):.3f} to {max(start.losses):.3f}"
        for start in starts
    )
    st.caption(
        plain(
            f"{TABLES} tables each, seeds {chosen.seed} and up, on the whole validation split of "
            f"{chosen.title}. {means}. They scatter, since few pairs of characters make up most of "
            "a text."
        )
    )
    _offer(chosen, starts)


def _one_batch(chosen: ClimbText) -> str:
    loss = one_batch(chosen)
    lecture = " The lecture prints 4.8786." if _is_the_lectures(chosen) else ""
    return (
        f"The lecture looks at one table and one batch of 4 × 8, both drawn after the generator is "
        f"set to its seed: with seed {chosen.seed} that is **{loss:.4f}** here.{lecture}"
    )


def _is_the_lectures(chosen: ClimbText) -> bool:
    return is_lectures(chosen.sha256) and chosen.seed == SEED


def one_batch(chosen: ClimbText) -> float:
    """The loss of the seed's own table on its own batch, cached."""
    return _one_batch_of(chosen.sha256, chosen.seed, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _one_batch_of(sha256: str, seed: int, _chosen: ClimbText) -> float:
    return one_batch_start(_chosen.corpus(), seed)


def measured(chosen: ClimbText) -> list[Start]:
    """Both starts of several tables on the text, cached."""
    return _measured(chosen.sha256, chosen.seed, chosen)


@st.cache_resource(max_entries=16, show_spinner="Drawing tables and measuring each…")
def _measured(sha256: str, seed: int, _chosen: ClimbText) -> list[Start]:
    return bigram_starts(_chosen.corpus(), range(seed, seed + TABLES))


def figure(chosen: ClimbText, starts: list[Start]) -> go.Figure:
    """A row of dots for each start."""
    uniform = uniform_loss(chosen.vocab_size)
    levels = {f"ln V = {uniform:.2f}": uniform}
    if is_lectures(chosen.sha256):
        levels[f"the lecture's, {LECTURE}"] = LECTURE
    seeds = range(chosen.seed, chosen.seed + TABLES)
    names = [f"seed {seed}" for seed in seeds]
    return start_losses(
        [Draws(_label(start), start.losses, start.expected, names) for start in starts], levels
    )


def _label(start: Start) -> str:
    return f"N(0, {start.std:g}²)" if start.std != 1 else "N(0, 1)"


def _offer(chosen: ClimbText, starts: list[Start]) -> None:
    save_button(
        "ladder: the start",
        figures={"Loss before training": partial(figure, chosen, starts)},
        arrays=lambda: {
            "seed": np.arange(chosen.seed, chosen.seed + TABLES),
            **{f"losses_{start.init}": np.array(start.losses) for start in starts},
            "expected": np.array([start.expected for start in starts]),
        },
        settings={"text": chosen.title, "sha256": chosen.sha256},
    )
