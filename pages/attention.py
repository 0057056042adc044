"""Attention: where every head of every layer looks, for a prompt; opens first."""

from __future__ import annotations

import streamlit as st

import gpt
from pages.parts.attention import pictures
from pages.shared import links, loads, permalink, switch_bar
from pages.shared.loads import Look
from pages.shared.prompt_bar import prompt_bar
from viz.attention_view import Picked, attention_view, picked

ABOUT = """
Each row of a map is a **query**: the token that looks. Each column is a **key**: the token looked
at. A cell is the share of its attention that the query gives to the key; a row adds up to 1.

- **weights**: what the head used. **scores**: q · k before scaling. **scaled**: scores × scale.
  **average**: the mean of a layer's heads.
- Hover anything: the same query and key light up everywhere. Click to hold a cell, Esc to let go;
  the arrow keys move it, Shift + arrow goes to the neighbouring head.
- Switch the **mask** off, and every query sees the future; the model was not trained for that.
  Switch the **scale** off, and the softmax sharpens: the mean entropy falls.

Each switch runs the model again. *Let's build GPT* builds this at 1:02:00, and explains the scale
at 1:16:56; the formula is equation 1 of *Attention Is All You Need*.
"""


def main() -> None:
    """Controls, then the trace, then the picture."""
    st.header("Attention", anchor=False)
    st.markdown(
        "Where does each head look? Find one that always looks at the token before, and one that "
        "looks for the last line break. — *Let's build GPT*, 1:02:00",
    )
    prompt = prompt_bar()
    mask, scale, view, sort = _controls()
    look = Look(prompt.run, prompt.ids, gpt.Switches(mask=mask, scale=scale))
    shown = _picture(look, view, sort)
    permalink.publish(
        run=prompt.run,
        prompt=prompt.text,
        layer=shown.head[0],
        head=shown.head[1],
        mask=mask,
        scale=scale,
        view=view,
        sort=sort,
    )
    with st.expander("How to read this"):
        st.markdown(ABOUT)


def _controls() -> tuple[str, str | float, str, str]:
    """Mask, scale, view and order, in one row."""
    with st.container(horizontal=True, gap="medium"):
        mask = switch_bar.mask_switch()
        scale = switch_bar.scale_switch()
        view = links.choice("View", "view", pictures.VIEWS)
        sort = links.choice("Sort heads by", "sort", pictures.SORTS)
    return mask, scale, view, sort


def _picture(look: Look, view: str, sort: str) -> Picked:
    """The linked view; what it shows is what the URL gets."""
    means = loads.entropies(look)
    linked = links.within(links.head(), means.shape)
    averaged = view == "average"
    key = "average" if averaged else "attention"
    before = picked(key)
    head = linked if before is None else links.within(before.head, means.shape)
    if averaged:
        head = (head[0], 0)
    payload = pictures.payload(look, view, sort, head)
    shown = attention_view(payload, key=key, selected=head)
    with st.container(key="entropy"):
        st.caption(f"Mean entropy over all heads: **{means.mean():.4f}** nats")
    return Picked(linked, None) if averaged else shown


main()
