"""The two readings of a sentence: every token sees all others, and only what came before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

import gpt
from gpt.inspect.heads import rollout
from gpt.inspect.heads.leave_one_out import LeftOut
from gpt.inspect.heads.leave_one_out import leave_one_out as leave_each_out
from pages.shared.loads import BY_LOOK, Look, attention, traced
from pages.shared.prompt_bar import Prompt, default_prompt

NO_MASK, CAUSAL = "no mask", "causal mask"


@dataclass(frozen=True)
class Readings:
    """The sentence as it is read without a mask, and with a causal one.

    Fields:
        free, causal: the two looks.
        trained: the name of the one that the model was trained with.
    """

    free: Look
    causal: Look
    trained: str

    @property
    def by_name(self) -> dict[str, Look]:
        """The looks, the one that the model was trained with first."""
        both = {NO_MASK: self.free, CAUSAL: self.causal}
        return dict(sorted(both.items(), key=lambda pair: pair[0] != self.trained))

    @property
    def own(self) -> Look:
        """The look that the model was trained with."""
        return self.by_name[self.trained]


def readings(prompt: Prompt) -> Readings:
    """Both looks at a prompt; the trained one is the model's own."""
    is_free = prompt.checkpoint.config.mask == "none"
    other = prompt.look(gpt.Switches(mask="causal" if is_free else "none"))
    own = prompt.look()
    return Readings(own, other, NO_MASK) if is_free else Readings(other, own, CAUSAL)


def own_look(look: Look) -> Look:
    """The same model's look at its own text."""
    text = default_prompt(look.checkpoint, beginning=False)
    return replace(look, ids=tuple(look.checkpoint.last_ids(text)))


def probs(look: Look) -> np.ndarray:
    """(K,): the probability of every label."""
    return traced(look).class_probs


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_LOOK)
def left_out(look: Look) -> LeftOut:
    """What the model says without each token."""
    return leave_each_out(look.checkpoint.model, look.ids, look.switches)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_LOOK)
def shares(look: Look) -> np.ndarray:
    """(T,): how much of each token is in what the label is read from, by rollout."""
    site = attention(look)
    flow = rollout.rollout(site.maps("weights"), 0.5 if site.config.skip else 0.0)
    return rollout.token_shares(flow[-1], site.config.pool)
