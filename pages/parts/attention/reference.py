"""A pinned reference, to compare the page's picture with; it is in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from gpt.errors import HeadlightError
from gpt.inspect.heads import edits
from pages.parts.attention.attention_state import AttentionState
from pages.shared import page_state, switch_text
from pages.shared.loads import Look, checkpoint
from pages.shared.plain import plain
from viz.text import readable

FIELDS = ("ref_run", "ref_prompt", "ref_mask", "ref_scale", "ref_edit")
NEEDS = (
    "The difference to a reference needs the reference: pin what is shown now, then change the "
    "prompt, the switches or the model."
)


def reference_texts(state: AttentionState) -> dict[str, str]:
    """The reference as in the URL; empty if there is none."""
    return {name: getattr(state, name) for name in FIELDS} if state.ref_run else {}


def pinned(state: AttentionState) -> Look | None:
    """The reference's look; None if there is none.

    Raises:
        HeadlightError: its run, prompt or switches are gone.
    """
    texts = reference_texts(state)
    if not texts:
        return None
    ids = tuple(checkpoint(texts["ref_run"]).last_ids(texts["ref_prompt"]))
    switches = switch_text.switches(texts["ref_mask"], texts["ref_scale"])
    wanted = edits.parse(texts["ref_edit"])
    model = checkpoint(texts["ref_run"]).model
    return Look(texts["ref_run"], ids, edits.apply(model, ids, switches, wanted))


def why_not(look: Look, reference: Look) -> str | None:
    """Why two looks have no difference, in words; None if they have one."""
    ours, theirs = look.checkpoint.config, reference.checkpoint.config
    if len(look.ids) != len(reference.ids):
        return (
            f"the reference has {len(reference.ids):,} tokens and this prompt {len(look.ids):,}: "
            "only maps of one size can be subtracted. Give prompts of the same length"
        )
    if (ours.n_layer, ours.n_head) != (theirs.n_layer, theirs.n_head):
        return (
            f"{reference.run} has {theirs.n_layer} layers of {theirs.n_head} heads and {look.run} "
            f"{ours.n_layer} of {ours.n_head}: their heads cannot be paired. Choose a model of the "
            "same shape"
        )
    return None


def usable(look: Look, state: AttentionState) -> Look | None:
    """The reference, if it can be compared; otherwise the page says why not."""
    try:
        look_back = pinned(state)
        reason = NEEDS if look_back is None else why_not(look, look_back)
    except HeadlightError as error:
        look_back, reason = None, str(error)
    if reason:
        st.info(plain(reason if look_back is None else f"No difference here: {reason}."))
    return None if reason else look_back


def pin_button(now: Mapping[str, Any]) -> None:
    """A button that pins the present look as the reference."""
    st.button(
        "Pin what is shown as the reference",
        icon=":material/push_pin:",
        on_click=_put,
        args=({f"ref_{name}": str(value) for name, value in now.items()},),
    )


def panel(now: Mapping[str, Any], state: AttentionState) -> None:
    """The reference in words, and buttons to pin another or none."""
    texts = reference_texts(state)
    if texts:
        st.markdown(_describe(texts))
    else:
        st.caption(NEEDS)
    with st.container(horizontal=True):
        pin_button(now)
        if texts:
            st.button("Show the difference", on_click=_show_difference)
            st.button("Unpin", on_click=_put, args=(dict.fromkeys(FIELDS, ""),))


def _show_difference() -> None:
    page_state.put(view="difference")


def _put(values: Mapping[str, str]) -> None:
    page_state.put(**{name: values.get(name, "") for name in FIELDS})


def _describe(texts: Mapping[str, str]) -> str:
    prompt = readable(texts["ref_prompt"]).replace("\n", "↵")
    short = prompt if len(prompt) <= 60 else prompt[:59] + "…"
    switched = f"mask {texts['ref_mask']}, scale {texts['ref_scale']}"
    edited = ", with edited weights" if texts["ref_edit"] else ""
    return (
        f"Reference: **{plain(readable(texts['ref_run']))}** reading “{plain(short)}”, "
        f"{plain(switched)}{edited}. A cell of the difference is the weight now − the weight there."
    )
