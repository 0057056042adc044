"""Inside a head: every matrix of one head with its numbers, and the whole story of one cell."""

from __future__ import annotations

import streamlit as st

from gpt.inspect.one_head.one_cell import strongest_key
from pages.parts.head import first_run, head_matrices, head_views, save_head
from pages.parts.head.head_state import SHOWS, HeadState
from pages.shared import page_state, selection, site_bar, switch_bar, switch_text, url_controls
from pages.shared.about_model import need_heads
from pages.shared.lecture import cited, clock
from pages.shared.loads import Look
from pages.shared.page_parts import part
from pages.shared.prompt_bar import Prompt, prompt_bar

ABOUT = f"""
The data flows from **1** to **8**. **x** is what the head reads. **Wq, Wk, Wv** turn each token's
row of it into a query (*what I look for*), a key (*what I contain*) and a value (*what I tell
you*). A **score** is the product of a query and a key; it is **scaled** and **masked**, and the
softmax of its row makes it a **weight**. The weights mix the values into **head_out**, and the
head's slice of the output projection turns that into its **contribution** to the residual stream.

- Hover a number: it lights up, with exactly the numbers that it comes from. With the keyboard, Tab
  goes from matrix to matrix and the arrow keys over the numbers.
- Click a cell of a (T, T) matrix, or press Enter on it: its whole story appears below. Sums there
  are rounded so that the printed digits add up, so a summand may differ by one in its last digit.
- Hover **T**, **C** or **D** to see where that dimension occurs.
- Each matrix has a colour scale of its own, up to its largest number; weights go from 0 to 1.
- **Show** has three experiments: Wq and Wk exchanged, the value path as one C × C map, all heads of
  the layer side by side.
- **Cells**: numbers for up to 12 tokens, colours for more; you can choose either.

*Let's build GPT* builds this at {clock("one head")}; the formula is equation 1 of *Attention Is
All You Need*.
"""


def main() -> None:
    """The prompt, then the head that reads it."""
    st.header("Inside a head", anchor=False)
    st.markdown(
        "A query is what a token looks for, a key what it contains, a value what it tells. How "
        "does a weight come about? Hover a number to see which numbers made it, and click a cell "
        f"to follow it from a dot product to the next token. — {cited('one head')}",
    )
    state, kind = first_run.opened()
    prompt = prompt_bar(state, kind=kind)
    need_heads(prompt, state)
    _inside(prompt)
    with st.expander("How to read this"):
        st.markdown(ABOUT)


@part
def _inside(prompt: Prompt) -> None:
    """Controls, then the matrices, then the story of the chosen cell."""
    state = page_state.now(HeadState)
    tab, look, head, cells = _controls(prompt, state)
    at = _cell(look, head, state)
    if tab in head_views.EXPERIMENTS:
        head_views.EXPERIMENTS[tab](look, head)
    else:
        head_views.matrices(look, head, at, cells)
    page_state.publish(
        state,
        **prompt.link,
        site=look.site or None,
        layer=head[0],
        head=head[1],
        mask=state.mask,
        scale=state.scale,
        cells=cells,
        query=at[0],
        key=at[1],
    )
    save_head.save(look, head, at)


def _controls(prompt: Prompt, state: HeadState) -> tuple[str, Look, head_matrices.Head, str]:
    """The tab; site, layer, head, mask, scale and what is in the cells."""
    tab = url_controls.tabs(state, "show", SHOWS)
    with st.container(horizontal=True):
        site = site_bar.site_menu(prompt, state)
        L, H = site_bar.heads_shape(prompt, site)
        selection.fit_head(state, (L, H))
        head = _number("Layer", "layer", L), _number("Head", "head", H)
        cells = state.cells
        if tab == SHOWS[0]:
            cells = url_controls.choice("Cells", state, "cells", head_matrices.CELLS)
        mask, scale = switch_bar.switch_pair(state, site_bar.own_mask(prompt, site))
    return tab, prompt.look(switch_text.switches(mask, scale), site), head, cells


def _number(label: str, name: str, count: int) -> int:
    """Draw a choice from 0 to count − 1 for the URL parameter `name`."""
    return int(st.selectbox(label, range(count), **page_state.control(name), width=90))


def _cell(look: Look, head: head_matrices.Head, state: HeadState) -> head_matrices.Cell:
    """The URL's cell; at first the last query, and its key of largest weight."""
    T, S = look.size
    queries, keys = f"there are queries 0 to {T - 1}", f"there are keys 0 to {S - 1}"
    if look.key_tokens is None:
        queries = keys = f"this prompt has tokens 0 to {T - 1}"
    i = page_state.fitted(state, "query", range(T), T - 1, queries).query
    assert i is not None
    j = (
        strongest_key(head_matrices.inside(look, head), i)
        if state.key is None
        else min(state.key, S - 1)
    )
    j = page_state.fitted(state, "key", range(S), j, keys).key or 0
    return i, j


main()
