"""Attention: where every head of every layer looks, for a prompt; opens first."""

from __future__ import annotations

import streamlit as st

from pages.shared import loads, permalink, switch_bar
from pages.shared.prompt_bar import Prompt, prompt_bar
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
    shown = _picture(prompt, mask, scale, view, sort)
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
        view = _choice("View", "view", loads.VIEWS)
        sort = _choice("Sort heads by", "sort", loads.SORTS)
    return mask, scale, view, sort


def _choice(label: str, name: str, options: tuple[str, ...]) -> str:
    if permalink.bind(name, options[0]) not in options:
        permalink.put(name, options[0])
    chosen = st.segmented_control(label, options, key=permalink.key(name), required=True)
    return chosen or options[0]


def _picture(prompt: Prompt, mask: str, scale: str | float, view: str, sort: str) -> Picked:
    """The linked view; what it shows is what the URL gets."""
    means = loads.entropies(prompt.run, prompt.ids, mask, scale)
    linked = (permalink.bind("layer", 0, _index), permalink.bind("head", 0, _index))
    averaged = view == "average"
    key = "average" if averaged else "attention"
    before = picked(key)
    head = _within(linked if before is None else before.head, means.shape)
    if averaged:
        head = (head[0], 0)
    payload = loads.attention_payload(prompt.run, prompt.ids, mask, scale, view, sort, head)
    shown = attention_view(payload, key=key, selected=head)
    with st.container(key="entropy"):
        st.caption(f"Mean entropy over all heads: **{means.mean():.4f}** nats")
    return Picked(_within(linked, means.shape), None) if averaged else shown


def _within(head: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int]:
    """The head, or the nearest one that this model has."""
    return min(head[0], shape[0] - 1), min(head[1], shape[1] - 1)


def _index(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value


main()
