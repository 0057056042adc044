"""Scores over a held-out text: which text, how far the reading is, and its result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st

import gpt
from gpt.inspect.heads import ablation
from gpt.inspect.heads.ablation import Effects
from gpt.inspect.heads.patterns import Patterns, patterns
from gpt.text import corpus as corpora
from gpt.text.builtin import BUILTIN
from gpt.text.repair import drop_unknown
from gpt.training import held_out
from pages.parts.attention.attention_state import EVERYONE, OVERS, AttentionState
from pages.shared import loads, page_state, passages, switch_text, url_controls
from pages.shared.loads import Look

OWN, YOURS = "the run's validation text", "your own text"
BUILTIN_LENGTH, BUILTIN_SEED = 50_000, 7  # a seed that no preset trains on
BLOCKS = {"patterns": 64, "effects": 16}
"""Blocks that are read, at most: patterns take one pass a block, effects one a head besides."""


@dataclass(eq=False)
class HeldOutReading:
    """How far a text has been read; cached, so that an interrupted reading goes on."""

    ids: np.ndarray
    done: int = 0
    patterns: Patterns | None = None
    effects: Effects | None = None
    dropped: int = 0

    @property
    def description(self) -> str:
        """What was read, in words."""
        N, T = self.ids.shape
        lost = f"; {self.dropped:,} characters that the model does not know were left out"
        blocks = f"{N:,} blocks of {T:,} tokens, evenly spread over the text"
        return f"{blocks}{lost if self.dropped else ''}."


def over(look: Look, state: AttentionState) -> str:
    """Draw the choice between the prompt and a held-out text, for a model that continues texts."""
    config = look.checkpoint.config
    if config.is_classifier or config.kind == "encoder-decoder":
        return OVERS[0]
    return url_controls.choice("Over", state, "over", OVERS)


def text_menu(run: str, state: AttentionState) -> str | None:
    """Draw the choice of the held-out text; return the text, or None if there is none yet."""
    own = passages.own_text(run)
    options = [*([OWN] if own is not None else []), *BUILTIN, YOURS]
    page_state.fitted(state, "heldout", options, options[0], f"it can be {', '.join(options)}")
    chosen = st.selectbox(
        "Text",
        options,
        **page_state.control("heldout"),
        format_func=lambda name: BUILTIN[name].title if name in BUILTIN else name.capitalize(),
        width=260,
        help=None if own is not None else "This run was shared without its text; paste its "
        "validation text under “Your own text”, or take one that Headlight writes.",
    )  # fmt: skip
    if chosen == OWN:
        return _said_by(run, own, state)
    if chosen == YOURS:
        typed = st.text_area(
            "Your own text", key="heldout_text", height=120, persist_state="session"
        )
        return typed or None
    return _builtin(chosen)


def _said_by(run: str, everyone: str | None, state: AttentionState) -> str | None:
    """Draw the choice of a speaker, if the text has several; return that speaker's words."""
    known = passages.speakers(run)
    if len(known) < 2:
        return everyone
    limits = f"of {', '.join(known)}, some words were held out"
    page_state.fitted(state, "speaker", [EVERYONE, *known], EVERYONE, limits)
    chosen: str = st.selectbox(
        "Speaker",
        [EVERYONE, *known],
        **page_state.control("speaker"),
        format_func=lambda name: (
            name if name == EVERYONE else f"{passages.speaker_label(name)} · {known[name]:,}"
        ),
        width=240,
        help="Whose held-out words are read, and how many characters of them there are. The model "
        "learned from everyone that its run names; only the reading is filtered.",
    )
    return everyone if chosen == EVERYONE else passages.own_text(run, chosen)


@st.cache_resource(max_entries=4, show_spinner=False)
def _builtin(name: str) -> str:
    return corpora.from_builtin(name, BUILTIN_SEED, BUILTIN_LENGTH).text


def reading(look: Look, text: str, kind: str) -> HeldOutReading:
    """The reading so far of a text by a run under its switches; `kind` is of `BLOCKS`."""
    return _reading(
        look.run, loads.stamp(look.run), switch_text.fingerprint(look.switches), text, kind
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _reading(run: str, stamp: int, switches: str, text: str, kind: str) -> HeldOutReading:
    checkpoint = loads.checkpoint(run)
    known = drop_unknown(checkpoint.tokenizer, text)
    ids = held_out.blocks(checkpoint.tokenizer, known, checkpoint.config.block_size, BLOCKS[kind])
    return HeldOutReading(ids, dropped=len(text) - len(known))


def run(steps: Iterator[float], what: str) -> None:
    """Take the steps, with a bar and a button that stops; finished steps stay."""
    slot = st.empty()
    with slot.container(horizontal=True, vertical_alignment="center"):
        st.button("Cancel", on_click=lambda: page_state.put(over=OVERS[0]))
        bar = st.progress(0.0, what)
    for share in steps:
        bar.progress(share, what)  # here the script ends, if a person has changed something
    slot.empty()


def read_patterns(look: Look, so_far: HeldOutReading) -> Iterator[float]:
    """Score the remaining blocks; yields the finished share."""
    model, N = look.checkpoint.model, len(so_far.ids)
    while so_far.done < N:
        ids = so_far.ids[so_far.done].tolist()
        trace = gpt.trace(model, ids, look.switches)
        pieces = look.checkpoint.tokenizer.pieces(ids)
        new = patterns(trace.maps("weights"), trace.ids, trace.visible, pieces)
        so_far.patterns = new if so_far.patterns is None else so_far.patterns + new
        so_far.done += 1
        yield so_far.done / N


def read_effects(look: Look, so_far: HeldOutReading) -> Iterator[float]:
    """Switch off the remaining heads one by one; yields the finished share."""
    model = look.checkpoint.model
    if so_far.effects is None:
        as_is = ablation.read(model, so_far.ids, look.switches)
        so_far.effects = ablation.untried(model, as_is)
    effects = so_far.effects
    todo = effects.missing()
    for (l, h), reading in ablation.one_by_one(model, so_far.ids, look.switches, todo):
        effects.losses[l, h], effects.logits[l, h] = reading.loss, reading.logits
        yield 1 - len(effects.missing()) / effects.losses.size
