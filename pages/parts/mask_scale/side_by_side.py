"""Side by side: one prompt under two settings, and the difference, all on the same head."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.trace_difference import STAGES, Difference, between, common_limit, difference
from pages.parts.mask_scale import comparison_table, sides
from pages.parts.mask_scale.mask_scale_state import SIDES, MaskScaleState
from pages.shared import selection, switch_text, url_controls
from pages.shared.large_traces import is_large, to_save
from pages.shared.loads import BY_LOOK, Look, all_logits, attention, entropies
from pages.shared.prompt_bar import Prompt
from pages.shared.save import save_button
from viz.figures.heads.heatmap import heatmap
from viz.map_scale import signed_end
from viz.views.attention import (
    AttentionPicture,
    Picked,
    attention_view,
    encode,
    largest,
    thumbnails,
)

KEYS = ("pair_a", "pair_b", "pair_difference")
DIFFERENCE = "B − A"


def compare(prompt: Prompt, state: MaskScaleState) -> MaskScaleState:
    """Draw controls, both sides and their difference; return the state with the picked head."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        sides.presets(prompt)
        url_controls.choice(
            "Show", state, "show", STAGES, "The stage of the head that the maps draw."
        )
    sides.side_controls(prompt, state)
    a, b = sides.looks(prompt, state)
    sides.notes(prompt, state, a, b)
    state = selection.fit_head(selection.followed(state, *KEYS), entropies(a).shape)
    state = selection.fit_cell(state, *a.size)
    selected = Picked((state.layer, state.head), state.cell)
    for column, side, key, look in zip(
        st.columns(2, gap="large"),
        SIDES,
        KEYS[:2],
        (a, b),
        strict=True,
    ):
        with column:
            comparison_table.headline(look, selected.head, side)
            _view(_side(a, b, side, state.show), key, selected)
    left, right = st.columns(2, gap="large")
    with left:
        _difference(a, b, state.show, selected)
    with right:
        comparison_table.comparison(a, b, selected)
        comparison_table.next_tokens(a, b)
    _save(a, b, state, selected)
    return state


def _view(payload: bytes, key: str, selected: Picked) -> None:
    locked = selection.lock(key, selected.cell)
    now = attention_view(payload, key=key, selected=selected.head, locked=locked, compact=True)
    selection.remember(key, now)


def _side(a: Look, b: Look, side: str, stage: str) -> bytes:
    """The bytes of one side's view; scores of both sides have one scale."""
    limit = None if stage == "weights" else _common_limit(a, b, stage)
    return _side_payload(a if side == "a" else b, stage, side.upper(), limit)


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_LOOK)
def _side_payload(look: Look, stage: str, name: str, limit: float | None) -> bytes:
    site = attention(look)
    picture = AttentionPicture(
        tokens=look.tokens,
        key_tokens=look.key_tokens,
        site=site.name,
        values=site.maps(stage),
        visible=site.visible,
        kind=_kind(stage),
        name=f"{stage}, {name}",
        entropy=entropies(look),
        limit=limit or None,
        thumbnails=site.peaks if stage == "weights" else None,
    )
    return encode(picture)


def _kind(stage: str) -> Literal["weights", "signed"]:
    return "weights" if stage == "weights" else "signed"


def changed(a: Look, b: Look, stage: str) -> Difference:
    """The difference of two looks; of large ones, only thumbnails are cached."""
    if not is_large(a):
        return _cached_difference(a, b, stage)
    limit = largest(_small(a, b, stage))
    return Difference(*between(attention(a), attention(b), stage), limit)


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_LOOK)
def _cached_difference(a: Look, b: Look, stage: str) -> Difference:
    return difference(attention(a), attention(b), stage)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_LOOK)
def _small(a: Look, b: Look, stage: str) -> np.ndarray:
    """(L, H, s, s): thumbnails of the difference, which give its scale and its picture."""
    values, visible = between(attention(a), attention(b), stage)
    picture = AttentionPicture(a.tokens, values, visible, kind="signed", key_tokens=a.key_tokens)
    return thumbnails(picture)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_LOOK)
def _common_limit(a: Look, b: Look, stage: str) -> float:
    return common_limit(attention(a), attention(b), stage)


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_LOOK)
def _difference_payload(a: Look, b: Look, stage: str) -> bytes:
    difference_maps = changed(a, b, stage)
    picture = AttentionPicture(
        tokens=a.tokens,
        key_tokens=a.key_tokens,
        site=attention(a).name,
        values=difference_maps.values,
        visible=difference_maps.visible,
        kind="signed",
        name=f"{DIFFERENCE}, {stage}",
        limit=difference_maps.limit,
        thumbnails=_small(a, b, stage) if is_large(a) else None,
    )
    return encode(picture)


def _difference(a: Look, b: Look, stage: str, selected: Picked) -> None:
    limit = signed_end(changed(a, b, stage).limit)
    with st.container(key="difference_limit"):
        st.markdown(
            f"**{DIFFERENCE}** of the {stage}: orange where B is larger, blue where A is. One "
            f"scale for all heads, from −{limit:.4f} to {limit:.4f}."
        )
    _view(_difference_payload(a, b, stage), KEYS[2], selected)


def _save(a: Look, b: Look, state: MaskScaleState, selected: Picked) -> None:
    l, h = selected.head
    site_a, site_b, stage = attention(a), attention(b), state.show
    texts: dict[str, Any] = {"tokens": a.tokens, "key_tokens": a.key_tokens}
    difference_maps = changed(a, b, stage)

    def side(look: Look) -> go.Figure:
        values, visible = attention(look).maps(stage)[l, h], attention(look).visible
        limit = _common_limit(a, b, stage)
        return heatmap(values, **texts, visible=visible, kind=_kind(stage), limit=limit)

    def between() -> go.Figure:
        cells = difference_maps.values[l, h]
        return heatmap(
            cells,
            **texts,
            visible=difference_maps.visible,
            kind="signed",
            limit=difference_maps.limit,
        ).update_layout(title=DIFFERENCE)

    def arrays() -> dict[str, np.ndarray]:
        maps = {f"{stage}_a": site_a.maps(stage), f"{stage}_b": site_b.maps(stage)}
        maps["difference"] = difference_maps.values
        each = {name: to_save(a, (l, h), values) for name, values in maps.items()}
        visible = {"visible_a": site_a.visible, "visible_b": site_b.visible}
        logits = {"logits_a": all_logits(a), "logits_b": all_logits(b)}
        return each | visible | logits

    save_button(
        "mask_scale",
        figures={"A": lambda: side(a), "B": lambda: side(b), DIFFERENCE: between},
        arrays=arrays,
        look=a,
        settings={
            "stage": stage,
            "layer": l,
            "head": h,
            "switches_a": switch_text.settings(a.switches),
            "switches_b": switch_text.settings(b.switches),
        },
    )
