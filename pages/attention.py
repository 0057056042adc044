"""Attention: where every head of every layer looks, for a prompt; opens first."""

from __future__ import annotations

import streamlit as st

import gpt
from pages.parts.attention import analyses, marks, pictures, reference, saved, weight_edit
from pages.parts.attention.analyses import Asked
from pages.parts.attention.controls import controls
from pages.parts.attention.pictures import Head, Seen
from pages.parts.attention.words import ABOUT, caption
from pages.shared import links, loads, permalink
from pages.shared.heads import need_heads
from pages.shared.lecture import cited
from pages.shared.loads import Look
from pages.shared.part import part
from pages.shared.prompt_bar import Prompt, prompt_bar
from viz.attention_view import Picked, attention_view, picked


def main() -> None:
    """The prompt, then what the heads make of it."""
    st.header("Attention", anchor=False)
    st.markdown(
        "Where does each head look? Find one that always looks at the token before, and one that "
        f"looks for the last line break. — {cited('one head')}",
    )
    prompt = prompt_bar()
    need_heads(prompt)
    _heads(prompt)


@part
def _heads(prompt: Prompt) -> None:
    """Controls, then the trace, then the picture, then what is asked about it."""
    mask, scale, view, sort = controls()
    plain = Look(prompt.run, prompt.ids, gpt.Switches(mask=mask, scale=scale))
    look = weight_edit.edited(plain)
    seen = _seen(look, view, sort)
    shown = _picture(look, seen)
    chosen = analyses.choice()
    saved.offer(look, plain, seen, shown.head, chosen)
    state = {"run": prompt.run, "prompt": prompt.text, "mask": mask, "scale": scale}
    below = st.container(key="analysis")
    permalink.publish(
        **state,
        layer=shown.head[0],
        head=shown.head[1],
        cell=None if shown.cell is None else "{}.{}".format(*shown.cell),
        view=view,
        sort=sort,
        edit=weight_edit.link(),
        **marks.link(),
        **reference.link(),
        **analyses.link(chosen),
    )
    with st.expander("How to read this"):
        st.markdown(ABOUT)
    with below:  # last: it may take its time
        now = state | {"edit": weight_edit.link() or ""}
        analyses.panel(chosen, Asked(look, plain, shown, now))


def _seen(look: Look, view: str, sort: str) -> Seen:
    """What is drawn; without a reference, a difference is drawn as the weights."""
    heads = marks.chosen(marks.marks(), loads.entropies(look).shape)
    if view == "difference":
        found = reference.usable(look)
        return Seen("weights", sort, None, None) if found is None else Seen(view, sort, None, found)
    if view in pictures.OF_LAYERS:
        return Seen(view, "layer", heads)
    return Seen(view, sort)


def _picture(look: Look, seen: Seen) -> Picked:
    """The linked view; what it shows is what the URL gets."""
    means = loads.entropies(look)
    linked, locked = links.within(links.head(), means.shape), _cell()
    layers = seen.view in pictures.OF_LAYERS
    key = "average" if layers else "attention"
    before = picked(key)
    head = linked if before is None else links.within(before.head, means.shape)
    if layers:
        marks.heads_menu(means.shape)
        head = _layer(look, seen, head)
    shown = attention_view(
        pictures.payload_of(look, seen, head),
        key=key,
        selected=head,
        locked=locked if before is None else None,
        marks=None if layers else marks.marks(),
        on_marks=marks.put,
    )
    caption(means, seen)
    return Picked(linked, None) if layers else shown


def _layer(look: Look, seen: Seen, head: Head) -> Head:
    """The nearest map of a view that has one a layer."""
    return links.within((head[0], 0), pictures.drawn(look, seen).shape)


def _cell() -> tuple[int, int] | None:
    """The cell that the URL locks."""
    text = permalink.bind("cell", "", _checked_cell)
    return links.cell(text) if text else None


def _checked_cell(text: str) -> str:
    links.cell(text)
    return text


main()
