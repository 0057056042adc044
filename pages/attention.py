"""Attention: where every head of every layer looks, for a prompt; the first page."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.parts.attention import (
    analyses,
    attention_pictures,
    head_line,
    marked_heads,
    reference,
    save_attention,
    weight_edit,
)
from pages.parts.attention.analyses import Analysed
from pages.parts.attention.attention_menus import controls
from pages.parts.attention.attention_pictures import Head, MapContent
from pages.parts.attention.attention_state import AttentionState
from pages.parts.attention.map_caption import ABOUT, caption
from pages.shared import loads, page_state, selection, switch_text
from pages.shared.about_model import need_heads
from pages.shared.lecture import cited
from pages.shared.loads import Look
from pages.shared.page_parts import part
from pages.shared.prompt_bar import Prompt, prompt_bar
from viz.views.attention import Picked, attention_view, picked

ALWAYS = ("site", "mask", "scale", "layer", "head", "view", "sort")
"""These are in the URL even with their default values."""


def main() -> None:
    """The prompt, then its heads."""
    st.header("Attention", anchor=False)
    st.markdown(
        "Where does each head look? Find one that always looks at the token before, and one that "
        f"looks far back. — {cited('one head')}",
    )
    state = page_state.opened(AttentionState)
    prompt = prompt_bar(state)
    need_heads(prompt, state)
    _heads(prompt)


@part
def _heads(prompt: Prompt) -> None:
    """Controls, the trace, the picture, and the chosen analysis."""
    state = page_state.now(AttentionState)
    site, mask, scale, view, sort = controls(prompt, state)
    plain = prompt.look(switch_text.switches(mask, scale), site)
    look = weight_edit.edited(plain, state)
    content = _map_content(look, view, sort, state)
    state, selected = _picture(look, content, state)
    state = replace(state, **prompt.link, site=site or None, analysis=analyses.choice())
    save_attention.offer(look, plain, content, selected.head, state)
    below = st.container(key="analysis")
    page_state.publish(state, **{name: getattr(state, name) for name in ALWAYS})
    with st.expander("How to read this"):
        st.markdown(ABOUT)
    with below:  # last: it may take its time
        now = prompt.link | {"site": site, "mask": mask, "scale": scale, "edit": state.edit}
        analysed = Analysed(look, plain, selected, state, now)
        analyses.panel(state.analysis, analysed)


def _map_content(look: Look, view: str, sort: str, state: AttentionState) -> MapContent:
    """The choices for the picture; a difference without a reference becomes the weights."""
    heads = marked_heads.chosen(marked_heads.marks(state), loads.entropies(look).shape)
    view, sort = attention_pictures.of_site(look, view, sort)
    if view == "difference":
        pinned = reference.usable(look, state)
        return (
            MapContent("weights", sort, None, None)
            if pinned is None
            else MapContent(view, sort, None, pinned)
        )
    if view in attention_pictures.OF_LAYERS:
        return MapContent(view, "layer", heads)
    return MapContent(view, sort)


def _picture(
    look: Look, content: MapContent, state: AttentionState
) -> tuple[AttentionState, Picked]:
    """Draw the linked view; return the state, and the selected head and cell."""
    means = loads.entropies(look)
    layers = content.view in attention_pictures.OF_LAYERS
    if not layers:
        state = head_line.opening(look, selection.followed(state, "attention"))
    state = selection.fit_cell(selection.fit_head(state, means.shape), *look.size)
    marked_heads.say_misfits(means.shape, state)
    head = (state.layer, state.head)
    if layers:
        marked_heads.heads_menu(means.shape, state)
        before = picked("average")
        head = _layer(look, content, head if before is None else before.head)
    above = st.container(key="head_line")
    selected = attention_view(
        attention_pictures.payload_of(look, content, head),
        key="average" if layers else "attention",
        selected=head,
        locked=None if layers else selection.lock("attention", state.cell),
        marks=None if layers else marked_heads.marks(state),
        on_marks=marked_heads.put,
    )
    caption(means, content)
    if not layers:
        if head_line.is_said(look):
            above.caption(head_line.line(look, selected.head))
        selection.remember("attention", selected)
    return state, selected


def _layer(look: Look, content: MapContent, head: Head) -> Head:
    """The nearest map of a view with one map for each layer."""
    return selection.within_shape((head[0], 0), attention_pictures.picture_of(look, content).shape)


main()
