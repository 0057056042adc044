"""The numbers of Residual stream, computed by `gpt` and cached.

There are no spinners: a spinner would push the charts down and up again, which takes the browser
longer than most models take to answer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from gpt.errors import CheckpointError
from gpt.inspect.sampling import softmax
from gpt.inspect.stream.direct_effects import DirectEffects, direct_effects, label_effects
from gpt.inspect.stream.gradients import Gradients, gradients
from gpt.inspect.stream.logit_lens import Lens, label_lens, logit_lens
from gpt.inspect.stream.stream_lengths import Normalized, StreamNorms, normalize, stream_norms
from gpt.nn.model import GPT
from gpt.silence import fills_in
from gpt.training.initial import draw, initial
from gpt.training.runs import Run
from pages.shared import folders, loads
from pages.shared.large_traces import cores
from pages.shared.loads import BY_LOOK, Look

FRESH_SEED = 1337
"""Of a new model, where the one that a run began with cannot be had."""


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def lens(look: Look, states: tuple[int, ...], start: int, stop: int) -> Lens:
    """The predictions of the chosen states at the positions from `start` up to `stop`."""
    trace = loads.traced(look)
    with cores(look):
        chosen = states, range(start, stop), fills_in(look.checkpoint.info)
        return logit_lens(look.checkpoint.model, trace, *chosen)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_LOOK)
def effects(look: Look, position: int | None, token: int, against: int | None) -> DirectEffects:
    """The parts of a logit; without a position, of a label's."""
    model, trace = look.checkpoint.model, loads.traced(look)
    with cores(look):
        if position is None:
            return label_effects(model, trace, token, against)
        return direct_effects(model, trace, position, token, against)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def label_probs(look: Look) -> np.ndarray:
    """(S, K): the probability of every label, read from each state of the whole text."""
    return softmax(label_lens(look.checkpoint.model, loads.traced(look)))


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def norms(look: Look) -> StreamNorms:
    """Lengths of the stream's vectors."""
    return stream_norms(loads.stream(look), loads.crossed(look))


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def normalized(look: Look, state: int) -> Normalized:
    """One state of the stream, before and after two normalizations."""
    stream = loads.stream(look)
    return normalize(stream.residual[state], stream.config.norm_epsilon)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_LOOK)
def backward(look: Look, trained: bool, skip: bool, zeroed: bool) -> Gradients:
    """The gradients of the loss on the prompt.

    Args:
        trained: the run's weights, or its first ones.
        skip: with skip connections or without.
        zeroed: at the start, output projections as in the run's settings; else random ones.
    """
    model = look.checkpoint.model if trained else beginning(look.run, zeroed)[0]
    with cores(look):
        return gradients(model, look.ids, look.switches, skip, look.source or None)


def beginning(run: str, zeroed: bool = True) -> tuple[GPT, str]:
    """The model that a run began with, or a new one like it; and a note on it."""
    return _beginning(run, loads.stamp(run), zeroed)


@st.cache_resource(max_entries=2, show_spinner="Drawing the initial weights…")
def _beginning(run: str, stamp: int, zeroed: bool) -> tuple[GPT, str]:
    checkpoint = loads.checkpoint(run)
    if not zeroed:
        config = replace(checkpoint.config, zero_init=False)
        return draw(config, FRESH_SEED), _new("with its output projections drawn, not zero")
    try:
        return initial(Run(folders.folder_of(run))).model, ("drawn again from the run's own seed")
    except CheckpointError as error:
        reason = f"the run's own first weights cannot be had: {error}"
        return draw(checkpoint.config, FRESH_SEED), f"{_new('')}; {reason}"


def _new(how: str) -> str:
    return f"a new model of the same architecture {how} (seed {FRESH_SEED})".replace("  ", " ")
