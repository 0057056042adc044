"""Numbers of every head, which the page sorts by and maps: patterns, and effects of switching off.

Both are computed on request and cached. Effects take one forward pass for each head; partial
results are cached too, so that an interrupted computation goes on where it stopped.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from gpt.inspect.heads import ablation
from gpt.inspect.heads.ablation import Effects
from gpt.inspect.heads.patterns import Patterns, patterns
from pages.shared.large_traces import cores
from pages.shared.loads import BY_LOOK, Look, attention

MANY = 24
"""Forward passes from which on a person sees how far they are."""


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_LOOK)
def patterns_of(look: Look) -> Patterns:
    """The pattern scores of every head on the prompt."""
    site = attention(look)
    with cores(look):
        return patterns(site.maps("weights"), site.query_tokens, site.visible, look.tokens)


def effects_of(look: Look) -> Effects:
    """How switching off each head changes the prompt's loss and logits; draws a bar meanwhile."""
    gathered = _gathered(look)
    missing = gathered.missing()
    if missing:
        ids = np.array([look.ids])
        model, source = look.checkpoint.model, look.source or None
        bar = st.progress(0.0, "Switching off each head…") if len(missing) >= MANY else None
        for (l, h), reading in ablation.one_by_one(
            model, ids, look.switches, missing, source, look.site
        ):
            gathered.losses[l, h], gathered.logits[l, h] = reading.loss, reading.logits
            if bar is not None:
                done = gathered.losses.size - len(gathered.missing())
                bar.progress(done / gathered.losses.size, f"Switching off L{l} H{h}…")
        if bar is not None:
            bar.empty()
    return gathered


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_LOOK)
def _gathered(look: Look) -> Effects:
    model = look.checkpoint.model
    switches = {look.site: look.switches} if look.site else look.switches
    as_is = ablation.read(model, np.array([look.ids]), switches, look.source or None)
    return ablation.untried(model, as_is, look.site)
