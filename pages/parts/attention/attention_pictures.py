"""The pictures of the linked view: one map for each head, and the order of the heads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from gpt.inspect.heads import head_entropy, rollout
from gpt.inspect.heads.patterns import NAMES
from gpt.inspect.maps import Maps
from pages.parts.attention import head_analyses
from pages.shared.large_traces import cores, is_large
from pages.shared.loads import BY_LOOK, Look, attention, entropies
from viz.views.attention import AttentionPicture, encode

VIEWS = ("weights", "scores", "scaled", "value-weighted", "average", "rollout", "difference")
OF_LAYERS = ("average", "rollout")
"""Views with one map a layer, over the heads that are chosen."""
BY_EFFECT = "effect on the loss"
TWO_TEXTS = (
    "Here the queries are of the target and the keys of the source: a rollout follows one text "
    "through the layers, and a pattern compares places in one text, so neither has a meaning. "
    "Shown instead: {instead}."
)
SORTS = ("layer", "entropy", *NAMES, BY_EFFECT)
Head = tuple[int, int]
Heads = frozenset[Head] | None


@dataclass(frozen=True)
class MapContent:
    """The choices that a picture depends on, besides the look.

    Fields:
        view, sort: of `VIEWS` and `SORTS`.
        heads: the heads that averages are over; None: all.
        reference: the look that a difference subtracts.
    """

    view: str = "weights"
    sort: str = "layer"
    heads: Heads = None
    reference: Look | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal pictures."""
        reference = None if self.reference is None else self.reference.key
        return self.view, self.sort, None if self.heads is None else sorted(self.heads), reference


BY_CONTENT = {**BY_LOOK, MapContent: lambda content: content.key}


def of_site(look: Look, view: str, sort: str) -> tuple[str, str]:
    """The view and the order; what has no meaning between two texts is replaced, and said."""
    if look.site != "cross" or (view != "rollout" and sort not in NAMES):
        return view, sort
    if view == "rollout":
        st.info(TWO_TEXTS.format(instead="the average of each layer"))
        return "average", sort
    st.info(TWO_TEXTS.format(instead="the heads in the order of their layers"))
    return view, "layer"


def payload(look: Look, view: str, sort: str, selected: Head) -> bytes:
    """The bytes of every head's attention."""
    return payload_of(look, MapContent(view, sort), selected)


def picture(look: Look, view: str, sort: str, selected: Head) -> AttentionPicture:
    """The picture of one view, with every head."""
    return replace(picture_of(look, MapContent(view, sort)), selected=selected)


def payload_of(look: Look, content: MapContent, selected: Head) -> bytes:
    """The bytes of a picture with these choices."""
    if content.sort == BY_EFFECT:
        head_analyses.effects_of(look)  # here, where a bar can be drawn
    picture = picture_of(look, content)
    # Which head is selected changes the bytes only where not all of them are exact.
    exact = None if picture.every_head_is_exact else selected
    return _payload(look, content, exact, picture)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_CONTENT)
def _payload(
    look: Look, content: MapContent, exact: Head | None, _picture: AttentionPicture
) -> bytes:
    with cores(look):
        return encode(replace(_picture, selected=exact or (0, 0)))


def picture_of(look: Look, content: MapContent) -> AttentionPicture:
    """The picture before a head is selected; not cached if large, because it holds its trace."""
    return (_new_picture if is_large(look) else _cached_picture)(look, content)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=BY_CONTENT)
def _cached_picture(look: Look, content: MapContent) -> AttentionPicture:
    return _new_picture(look, content)


def _new_picture(look: Look, content: MapContent) -> AttentionPicture:
    if content.view in OF_LAYERS:
        return _of_layers(look, content)
    site = attention(look)
    visible = site.visible
    if content.view == "difference" and content.reference is not None:
        visible = visible | attention(content.reference).visible
    kinds = {"weights": "weights", "value-weighted": "lengths"}
    return AttentionPicture(
        tokens=look.tokens,
        key_tokens=look.key_tokens,
        values=_values(look, content),
        visible=visible,
        kind=kinds.get(content.view, "signed"),  # type: ignore[arg-type]
        name=content.view,
        entropy=entropies(look),
        order=_order(look, content.sort),
        thumbnails=site.peaks if content.view == "weights" else None,
        site=site.name,
    )


def _values(look: Look, content: MapContent) -> np.ndarray | Maps:
    """(L, H, T, S), as an array or as `Maps`, which gives one head at a time."""
    site = attention(look)
    if content.view == "value-weighted":
        lengths = rollout.carried(look.checkpoint.model, site)
        weights = site.maps("weights")
        return Maps(weights.shape, lambda l, h: weights[l, h] * lengths[l, h])
    if content.view == "difference" and content.reference is not None:
        weights, other = site.maps("weights"), attention(content.reference).maps("weights")
        return Maps(other.shape, lambda l, h: weights[l, h] - other[l, h])
    return site.maps(content.view)


def _order(look: Look, sort: str) -> list[Head] | None:
    if sort == "layer":
        return None
    if sort == "entropy":
        return head_entropy.sharpest_first(entropies(look))
    if sort == BY_EFFECT:
        return head_entropy.largest_first(head_analyses.effects_of(look).on_loss)
    return head_entropy.largest_first(head_analyses.patterns_of(look)[sort])


def _of_layers(look: Look, content: MapContent) -> AttentionPicture:
    """One map for each layer over the chosen heads: their mean, or the flow up to it."""
    site = attention(look)
    weights = site.maps("weights")
    labels = [f"L{layer}" for layer in range(weights.shape[0])]
    visible = site.visible
    if content.view == "rollout":
        residual = 0.5 if site.config.skip else 0.0
        maps = list(rollout.rollout(weights, residual, content.heads))
        labels = [f"to {label}" for label in labels]
        visible = rollout.reached(visible, len(labels), site.config.skip)
    else:
        means = [rollout.head_mean(weights, l, content.heads) for l in range(len(labels))]
        every = rollout.head_average(weights, content.heads)
        named = [*zip(labels, means, strict=True), ("all", every)]
        labels = [label for label, mean in named if mean is not None]
        maps = [mean for _, mean in named if mean is not None]
    values = np.stack(maps)[:, None]
    return AttentionPicture(
        tokens=look.tokens,
        key_tokens=look.key_tokens,
        values=values,
        visible=visible,
        name="flow" if content.view == "rollout" else "weights",
        entropy=head_entropy.entropy(values),
        layer_labels=labels,
        head_labels=[content.view],
        site=site.name,
    )
