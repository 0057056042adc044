"""A pinned reference, to compare the page's picture with; it is in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from gpt.errors import HeadlightError
from gpt.inspect.heads import edits
from gpt.whole_characters import shortened
from pages.parts.attention.attention_state import AttentionState
from pages.shared import page_state, switch_text
from pages.shared.loads import Look, attention, checkpoint
from pages.shared.plain import plain
from viz.text import readable

FIELDS = (
    "ref_run", "ref_prompt", "ref_source", "ref_site", "ref_mask", "ref_scale", "ref_edit"
)  # fmt: skip
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
    of = checkpoint(texts["ref_run"])
    ids = tuple(of.last_ids(texts["ref_prompt"]))
    two_texts = of.kind == "encoder-decoder"
    source = tuple(of.source_ids(texts["ref_source"])) if two_texts else ()
    site = (texts["ref_site"] or "decoder") if two_texts else ""
    switches = switch_text.switches(texts["ref_mask"], texts["ref_scale"])
    wanted = edits.parse(texts["ref_edit"])
    edited = edits.apply(of.model, ids, switches, wanted, source or None, site)
    return Look(texts["ref_run"], ids, edited, source, site)


def why_not(look: Look, reference: Look) -> str | None:
    """Why two looks have no difference, in words; None if they have one."""
    if look.size != reference.size:
        return (
            f"the reference has {_size(reference)} and this prompt {_size(look)}: only "
            "maps of one size can be subtracted. Give prompts of the same length"
        )
    ours, theirs = attention(look).shape[:2], attention(reference).shape[:2]
    if ours != theirs:
        return (
            f"{reference.run} has {theirs[0]} layers of {theirs[1]} heads and {look.run} "
            f"{ours[0]} of {ours[1]}: their heads cannot be paired. Choose a model of the "
            "same shape"
        )
    return None


def _size(look: Look) -> str:
    T, S = look.size
    return f"{T:,} tokens" if look.key_tokens is None else f"{T:,} queries and {S:,} keys"


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
        args=({f"ref_{name}": str(value or "") for name, value in now.items()},),
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
    short = shortened(prompt, 60)
    switched = f"mask {texts['ref_mask']}, scale {texts['ref_scale']}"
    edited = ", with edited weights" if texts["ref_edit"] else ""
    return (
        f"Reference: **{plain(readable(texts['ref_run']))}** reading “{plain(short)}”, "
        f"{plain(switched)}{edited}. A cell of the difference is the weight now − the weight there."
    )
