"""What the linked view gets to draw: one map a head, by view, and the order of the heads."""

from __future__ import annotations

import numpy as np
import streamlit as st

import gpt
from gpt.inspect import analyses
from pages.shared.loads import BY_LOOK, Look, entropies, traced
from viz.attention_view import AttentionPicture, encode

VIEWS = ("weights", "scores", "scaled", "average")
SORTS = ("layer", "entropy")
Head = tuple[int, int]


def payload(look: Look, view: str, sort: str, selected: Head) -> bytes:
    """The attention of every head, as the browser gets it."""
    shown = picture(look, view, sort, selected)
    # Which head is selected changes the bytes only where not all of them are exact.
    exact = None if shown.every_head_is_exact else selected
    return _payload(look, view, sort, exact, shown)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def _payload(
    look: Look, view: str, sort: str, exact: Head | None, _picture: AttentionPicture
) -> bytes:
    return encode(_picture)


def picture(look: Look, view: str, sort: str, selected: Head) -> AttentionPicture:
    """What the view shows; nothing is computed that the trace did not keep."""
    found = traced(look)
    if view == "average":
        return _average(found, look.tokens)
    means = entropies(look)
    return AttentionPicture(
        tokens=look.tokens,
        values=getattr(found, view),
        visible=found.visible,
        kind="weights" if view == "weights" else "signed",
        name=view,
        entropy=means,
        order=analyses.sharpest_first(means) if sort == "entropy" else None,
        selected=selected,
    )


def _average(found: gpt.Trace, tokens: list[str]) -> AttentionPicture:
    """One map a layer, the mean over its heads, and one over all heads."""
    layers = found.weights.mean(axis=1)
    values = np.concatenate([layers, layers.mean(axis=0, keepdims=True)])[:, None]
    L = len(layers)
    return AttentionPicture(
        tokens=tokens,
        values=values,
        visible=found.visible,
        entropy=analyses.entropy(values),
        layer_labels=[*(f"L{layer}" for layer in range(L)), "all"],
        head_labels=["average"],
    )
