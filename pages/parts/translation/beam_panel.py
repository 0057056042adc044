"""Beam search: its beams drawn as a tree, and the target that a person chooses among its ends."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.translating import Beams, beam_search, encoder_decoder
from pages.parts.translation.translation_state import MOST_BEAMS, TranslationState
from pages.shared import loads, page_state, url_controls
from pages.shared.figures import inked
from pages.shared.loads import Ids
from pages.shared.prompt_bar import Prompt
from viz.figures.predictions.beam_tree import BeamNode, beam_tree
from viz.text import readable, visible

BEAMS_HELP = (
    "At each step the likeliest continuations of all beams are kept, so many in all; those that "
    "end give up their place. With 1 it is the greedy translation."
)


def search(run: str, source: Ids, beams: int) -> Beams:
    """The whole search for a source."""
    return _search(run, loads.stamp(run), source, beams)


@st.cache_resource(max_entries=16, show_spinner=False)
def _search(run: str, stamp: int, source: Ids, beams: int) -> Beams:
    of = loads.checkpoint(run)
    assert of.end is not None  # a model of two texts has one
    model = encoder_decoder(of.model)
    return beam_search(model, source, of.target_start, of.end, beams, never=of.never)


def ends(beams: Beams) -> list[tuple[int, int]]:
    """(step, rank) of each target, the best first; where none ended, the best that goes on."""
    if beams.done:
        return list(beams.done)
    return [(len(beams.steps) - 1, 0)] if beams.steps else []


def panel(prompt: Prompt, state: TranslationState) -> tuple[Ids, dict[str, int]]:
    """Draw the controls and the tree; return the chosen target, and the values for the URL."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        count = url_controls.whole(
            "Beams", state, "beams", 1, MOST_BEAMS, help=BEAMS_HELP, width=120
        )
        beams = search(prompt.run, prompt.source, count)
        rank = _target_menu(prompt, beams, state)
    targets = ends(beams)
    chosen = targets[rank] if targets else None
    tree = inked(figure(prompt, beams, chosen))
    with st.container(key="beam_tree"):
        st.plotly_chart(
            tree,
            key="translation_beams",
            width=int(tree.layout.width),  # "content" is never wider than the page
            config={"displayModeBar": False},
        )
    st.caption(
        "From left to right, step by step; above, the likelier. A beam that has no line to its "
        "right was dropped; ↵ or the end's token ends a target. A target's score is the logarithm "
        "of its probability over its length penalty, ((5 + n) / 6)^0.6 for n tokens "
        "(Wu et al., 2016), so that long targets are not at a disadvantage."
    )
    return tuple(beams.ids(*chosen)) if chosen else (), {"beams": count, "target": rank}


def figure(prompt: Prompt, beams: Beams, chosen: tuple[int, int] | None) -> go.Figure:
    """The tree; the path to the chosen end stands out."""
    path = set(enumerate(beams.path(*chosen))) if chosen else set()
    pieces = prompt.checkpoint.tokenizer.pieces
    nodes = [
        BeamNode(
            step=step,
            rank=rank,
            parent=beam.parent,
            text=pieces([beam.id])[0],
            log_prob=beam.log_prob,
            score=beam.score,
            is_done=beam.is_done,
            is_chosen=(step, rank) in path,
        )
        for step, of_step in enumerate(beams.steps)
        for rank, beam in enumerate(of_step)
    ]
    start = "".join(visible(piece) for piece in pieces(prompt.ids))
    return beam_tree(nodes, start)


def _target_menu(prompt: Prompt, beams: Beams, state: TranslationState) -> int:
    """Draw the choice among the targets that the search ended, the best first."""
    targets = ends(beams)
    last = max(len(targets) - 1, 0)
    limits = f"this search ended {len(targets)} targets, 0 to {last}"
    nearest = min(state.target, last)
    page_state.fitted(state, "target", range(last + 1), nearest, limits)
    tokenizer = prompt.checkpoint.tokenizer

    def label(rank: int) -> str:
        if not targets:
            return "nothing was written"
        step, at = targets[rank]
        text = readable(tokenizer.decode(beams.ids(step, at))).replace("\n", "↵")
        score = f"{beams.steps[step][at].score:.4f}".replace("-", "−")
        ended = "" if beams.done else ", not ended"
        return f"{score}{ended}  {text}"

    chosen: int = st.selectbox(
        "Target, by its score",
        range(last + 1),
        format_func=label,
        **page_state.control("target"),
        width=520,
    )
    return chosen
