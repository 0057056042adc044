"""A source that is in the target's language already: the model finds it a likely target."""

from __future__ import annotations

import streamlit as st

from gpt.inspect.translating import encoder_decoder, target_loss
from pages.shared import loads, source_bar
from pages.shared.loads import Ids

NEARLY = 1.5
"""Nats a token that the source may be less likely, as a target, than the model's own translation.

Of `translation`, English sentences of words that it knows are up to 1.1 less likely, French ones
1.7 to 6; what is the same in both languages, such as a name, is as likely.
"""
SAYS = (
    "The model finds the source itself nearly as likely a target as its own translation. If it is "
    "in the target's language already, type it in the one that this model translates from."
)


def reads_as_target(run: str, source: Ids, text: str) -> bool:
    """Whether a source is nearly as likely a target for itself as what the model writes."""
    return _reads_as_target(run, loads.stamp(run), source, text)


@st.cache_data(max_entries=256, show_spinner=False)
def _reads_as_target(run: str, stamp: int, source: Ids, text: str) -> bool:
    of = loads.checkpoint(run)
    tokenizer, end = of.tokenizer, of.end
    if tokenizer.unknown(text) or tokenizer.replaced(text):
        return False
    assert end is not None  # a model of two texts has one
    start, again = of.target_start, [*tokenizer.encode_part(text), end]
    if len(start) + len(again) > of.config.block_size + 1:
        return False
    model = encoder_decoder(of.model)
    own = [*source_bar.translated(run, source), end]
    own = own[: of.config.block_size + 1 - len(start)]
    losses = [target_loss(model, source, start, target) for target in (again, own)]
    return losses[0] < losses[1] + NEARLY
