"""Draw a mask: an editable grid, the same mask as a graph, and the model's results with it."""

from __future__ import annotations

import numpy as np
import streamlit as st

import gpt
from gpt.nn import masks
from pages.parts.mask_scale import comparison_table, sides
from pages.parts.mask_scale.mask_scale_state import EDITED, MaskScaleState
from pages.shared import page_memory, page_state, selection, site_bar
from pages.shared.lecture import cited
from pages.shared.loads import attention, entropies
from pages.shared.prompt_bar import Prompt
from pages.shared.save import save_button
from pages.shared.switch_text import write_drawn
from viz.figures.heads.heatmap import heatmap
from viz.figures.heads.mask_graph import READABLE, mask_graph
from viz.text import visible
from viz.views.attention import Picked
from viz.views.mask import EDITABLE, drawn, mask_editor

KEY = "mask_editor"
_DRAWN_FOR = "_mask_scale_drawn_for"
"""The mask in use, the length and the run that the drawing was begun from."""

STARTS = {"causal": None, "none": None, "window": 4, "prefix": 4, "block": 4}
MOST = 2048
"""Tokens that a mask may begin with."""

TWO_TEXTS = (
    "Between two texts the mask says which source tokens each target token may look at. It is no "
    "graph of one text's tokens, so there are no arrows to draw."
)
EVERY = -1
"""In the menu of tokens: all of them."""

LABELS = {
    "causal": "causal",
    "none": "none: all see all",
    "window": "window: the last W",
    "prefix": "prefix: the first P see each other",
    "block": "blocks of B",
}


def draw(prompt: Prompt, state: MaskScaleState) -> MaskScaleState:
    """Draw the starting points, the editor and the graph, and the numbers of the mask in use."""
    _starting_points(state)
    words = sides.adapted(state.edit, prompt)
    if words:
        st.info(words, icon=":material/fit_screen:")
    used = _used(prompt, state)
    left, right = st.columns([5, 6], gap="large")
    with left:
        _editor(prompt, state, used)
    with right:
        _graph(prompt, state, used)
    _effect(prompt, state)
    return state


def _used(prompt: Prompt, state: MaskScaleState) -> np.ndarray:
    """(T, S): the mask that the model runs with."""
    T, S = prompt.look().size
    own = site_bar.own_mask(prompt, prompt.site)
    mask = masks.matrix(sides.edited(state.edit, prompt), own.replace("cross", "none"), T, S)
    return np.ones((T, S), dtype=bool) if mask is None else mask


def _starting_points(state: MaskScaleState) -> None:
    """Draw a menu of named masks, their size, and the button that begins with one."""
    kind, _, size = state.edit.partition(":")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        chosen: str = st.selectbox(
            "Start from",
            list(STARTS),
            list(STARTS).index(kind) if kind in STARTS else 0,
            format_func=LABELS.__getitem__,
            key="start_from",
            width=280,
        )
        default = STARTS[chosen]
        number = st.number_input(
            "Tokens",
            value=int(size) if kind == chosen and size.isdigit() else default or 4,
            key=f"start_size_{chosen}",
            width=140,
            disabled=default is None,
        )
        name = chosen if default is None else f"{chosen}:{number}"
        st.button(
            "Begin with it",
            on_click=_begin,
            args=(name,),
            disabled=not 1 <= number <= MOST,
            help="Replaces the drawing.",
        )
        st.button(
            "See it side by side",
            on_click=_side_by_side,
            help="A: as trained; B: this mask.",
        )
    if not 1 <= number <= MOST:
        st.warning(f"Tokens {number:,}: choose a whole number from 1 to {MOST:,}.")


def _begin(name: str) -> None:
    page_state.put(edit=name)
    st.session_state.pop(_DRAWN_FOR, None)


def _side_by_side() -> None:
    page_state.put(mask_a="model", mask_b=EDITED, section="compare")


def _editor(prompt: Prompt, state: MaskScaleState, used: np.ndarray) -> None:
    look = prompt.look()
    T, S = look.size
    if max(T, S) > EDITABLE:
        st.info(
            f"With {max(T, S)} tokens a cell is too small to hit. Begin with one of the masks, "
            f"or draw on a prompt of {EDITABLE} tokens or fewer."
        )
        return
    begun = (state.edit, (T, S), prompt.run)
    drawing = drawn(KEY) if st.session_state.get(_DRAWN_FOR) == begun else None
    st.session_state[_DRAWN_FOR] = begun
    now = mask_editor(
        used if drawing is None else drawing,
        look.tokens,
        key=KEY,
        key_tokens=look.key_tokens,
        on_change=lambda: _edited(prompt),
    )
    if unseeing := masks.blind(now):
        _refused(unseeing)
    else:
        st.caption(
            "Click or drag to set and clear cells; arrow keys move, Space sets, Shift + arrow "
            "paints, Ctrl + Z takes a stroke back."
        )


def _edited(prompt: Prompt) -> None:
    """Use the drawn mask, if the model can run with it."""
    now = drawn(KEY)
    if now is None or masks.blind(now):
        return
    text = write_drawn(now)
    page_state.put(edit=text)
    st.session_state[_DRAWN_FOR] = (text, now.shape, prompt.run)


def _refused(unseeing: list[int]) -> None:
    first = ", ".join(map(str, unseeing[:5])) + (" …" if len(unseeing) > 5 else "")
    who = f"Query {first} may" if len(unseeing) == 1 else f"Queries {first} may"
    st.error(
        f"{who} see no key, and a softmax over nothing has nothing to share out. The mask before "
        "is still in use; give each red row a cell, itself say, or take the stroke back.",
        icon=":material/block:",
    )


def _graph(prompt: Prompt, state: MaskScaleState, used: np.ndarray) -> None:
    """Draw the mask in use as arrows; of one token if all arrows would be a tangle."""
    if prompt.site == "cross":
        st.caption(TWO_TEXTS)
        return
    T, tokens = prompt.look().size[0], prompt.look().tokens
    node = _node_menu(tokens, state)
    if node is None and T > READABLE:
        node = T - 1
        st.caption(
            f"The arrows of {T} tokens together cannot be told apart ({READABLE} is the most): "
            "shown are those of the last token. Choose another above."
        )
    st.plotly_chart(mask_graph(used, tokens, node), key="graph", config={"displayModeBar": False})
    st.caption(
        "An arrow runs as information does, from a key to the query that sees it "
        f"({cited('graph')}): above the row from the past, below it from the future."
    )
    save_button(
        "mask",
        figures={
            "Graph": lambda: mask_graph(used, tokens, node),
            "Mask": lambda: heatmap(used.astype(float), tokens, visible=used),
        },
        arrays=lambda: {"visible": used},
        settings={"run": prompt.run, "prompt": prompt.text, "mask": state.edit},
    )


def _node_menu(tokens: list[str], state: MaskScaleState) -> int | None:
    limits = f"this prompt has tokens 0 to {len(tokens) - 1:,}"
    page_state.fitted(state, "node", range(len(tokens)), EVERY, limits)
    chosen: int = st.selectbox(
        "Arrows of",
        [EVERY, *range(len(tokens))],
        format_func=lambda t: "every token" if t == EVERY else f"token {t}  {visible(tokens[t])}",
        **page_state.control("node"),
        on_change=_chosen,
        width=240,
    )
    return None if chosen == EVERY else chosen


def _chosen() -> None:
    node = st.session_state[page_memory.key("node")]
    page_state.put(node=None if node == EVERY else node)


def _effect(prompt: Prompt, state: MaskScaleState) -> None:
    """Draw the numbers as trained (A) and with the mask in use (B)."""
    own = prompt.look()
    look = prompt.look(gpt.Switches(mask=sides.edited(state.edit, prompt)))
    head = selection.within_shape((state.layer, state.head), entropies(own).shape)
    st.markdown("**What the model makes of it.** A: as trained. B: with the mask drawn above.")
    left, right = st.columns([3, 2], gap="large")
    with left:
        comparison_table.comparison(own, look, Picked(head, None))
    with right:
        comparison_table.next_tokens(own, look)
    seen = attention(look).visible
    visible_cells, all_cells = int(seen.sum()), seen.size
    st.caption(f"{visible_cells:,} of {all_cells:,} cells may be seen.")
