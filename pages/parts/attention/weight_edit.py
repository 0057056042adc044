"""Edit a weight: replace one cell of a head, and see what the model predicts then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

import gpt
from gpt.errors import SwitchError
from gpt.inspect.heads import edits
from gpt.inspect.heads.edits import Edit
from pages.parts.attention.attention_state import AttentionState
from pages.shared import imports, page_state
from pages.shared.loads import BY_LOOK, Look, attention, last_logits, names_of_logits, traced
from pages.shared.plain import plain
from viz.figures.predictions.before_after import before_after
from viz.text import visible
from viz.views.attention import Picked

RESTS = {True: "scaled, so that the row sums to 1", False: "kept as it is"}
NEXT = "Next token after the last position"


def edited(look: Look, state: AttentionState) -> Look:
    """The look with its weights edited; if an edit cannot be made, the page says why."""
    wanted = edits.parse(state.edit)
    if not wanted:
        return look
    try:
        return replace(look, switches=_switches(look, wanted))
    except SwitchError as error:
        st.warning(plain(f"The edit of a weight does not fit here: {error}."))
        return look


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def _switches(look: Look, wanted: tuple[Edit, ...]) -> gpt.Switches:
    source = look.source or None
    model = look.checkpoint.model
    return edits.apply(model, look.ids, look.switches, wanted, source, look.site)


def panel(before: Look, after: Look, selected: Picked, state: AttentionState) -> None:
    """A new weight for the locked cell, and the next token before and after.

    Args:
        before, after: without the edits and with them.
        selected: the head, and the cell that is locked.
    """
    left, right = st.columns([2, 3], gap="large")
    with left:
        wanted = edits.parse(state.edit)
        _controls(after, selected, wanted)
        _list(wanted)
    with right:
        if before is after:
            st.caption("The prediction, before and after, is shown here once a weight is edited.")
        else:
            _outcome(before, after)


def _controls(look: Look, selected: Picked, wanted: tuple[Edit, ...]) -> None:
    """The locked cell's weight, and a button that replaces it."""
    if selected.cell is None:
        st.markdown(
            "Click a cell in the large map to lock it (or move there with the arrow keys and "
            "press Enter). Then give it another weight here."
        )
        return
    site, (l, h), (i, j) = attention(look), selected.head, selected.cell
    query, key = plain(visible(look.tokens[i])), plain(visible((look.key_tokens or look.tokens)[j]))
    cell = f"L{l} H{h}, query {i} **{query}**, key {j} **{key}**"
    if not site.visible[i, j]:
        st.markdown(f"{cell} is masked: it has no weight to edit. Lock another cell.")
        return
    st.markdown(f"{cell}: weight **{site.maps('weights')[l, h][i, j]:.4f}**")
    new = st.slider("New weight", 0.0, 1.0, 1.0, 0.01, key="edit_weight")
    share = st.radio(
        "The rest of the row",
        list(RESTS),
        format_func=lambda choice: RESTS[choice],
        key="edit_share",
        help="Scaled, the other weights keep their proportions. Kept, the row no longer sums to "
        "1: the head then adds more, or less, than a mean of the values.",
    )
    edit = Edit(l, h, i, j, new, share)
    combined = (*_others(edit, wanted), edit)
    st.button("Use this weight", type="primary", on_click=_put, args=(combined,))


def _others(edit: Edit, wanted: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits of other cells, because a cell has one new weight at most."""
    cell = edit.layer, edit.head, edit.query, edit.key
    return tuple(e for e in wanted if (e.layer, e.head, e.query, e.key) != cell)


def _list(wanted: tuple[Edit, ...]) -> None:
    """The present edits, each with a button that undoes it."""
    for edit in wanted:
        rest = "the rest scaled" if edit.share else "the rest kept"
        label = f"L{edit.layer} H{edit.head} [{edit.query}, {edit.key}] = {edit.weight:g}, {rest}"
        left = tuple(other for other in wanted if other != edit)
        st.button(
            label, icon=":material/close:", key=f"undo_{edit.text}", type="tertiary",
            on_click=_put, args=(left,), help="Take this edit back",
        )  # fmt: skip
    if wanted:
        st.button("Reset all edits", on_click=_put, args=((),))


def _outcome(before: Look, after: Look) -> None:
    """The next token's distribution at the last position, before and after."""
    old, new = last_logits(before), last_logits(after)
    if np.array_equal(old, new):
        st.info(
            "The logits at the last position did not move: only the last row reaches them "
            "directly, and other rows only through later layers."
        )
    chart = figure(before, after)
    st.plotly_chart(chart, key="edit_bars", config={"displayModeBar": False})
    moved = float(np.abs(new - old).max())
    with st.container(key="edit_moved"):
        of = "Labels" if before.checkpoint.config.is_classifier else NEXT
        st.caption(f"{of}. Largest change of a logit: {moved:.4f}")


def figure(before: Look, after: Look) -> go.Figure:
    """The next token at the last position, before and after."""
    imports.bring(("scipy.special",))
    return before_after(last_logits(before), last_logits(after), names_of_logits(before.run))


def arrays(before: Look, after: Look) -> dict[str, np.ndarray]:
    """The logits of all positions, for saving."""
    if before.checkpoint.config.is_classifier:
        old, new = traced(before).class_logits, traced(after).class_logits
        return {"class_logits_before": old, "class_logits_after": new}
    return {"logits_before": traced(before).logits, "logits_after": traced(after).logits}


def _put(wanted: tuple[Edit, ...]) -> None:
    page_state.put(edit=",".join(edit.text for edit in wanted))
