"""What the linked view gets to draw: one map a head, by view, and the order of the heads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from gpt.inspect.heads import head_entropy, rollout
from gpt.inspect.heads.patterns import NAMES
from gpt.inspect.maps import Maps
from pages.parts.attention import scores
from pages.shared.large_traces import cores, is_large
from pages.shared.loads import BY_LOOK, Look, entropies, traced
from viz.views.attention import AttentionPicture, encode

VIEWS = ("weights", "scores", "scaled", "value-weighted", "average", "rollout", "difference")
OF_LAYERS = ("average", "rollout")
"""Views with one map a layer, over the heads that are chosen."""
BY_EFFECT = "effect on the loss"
SORTS = ("layer", "entropy", *NAMES, BY_EFFECT)
Head = tuple[int, int]
Heads = frozenset[Head] | None


@dataclass(frozen=True)
class Seen:
    """What a picture is made of, besides the look.

    Fields:
        view, sort: of `VIEWS` and `SORTS`.
        heads: those that averages are taken over; None: all.
        reference: what a difference is taken to.
    """

    view: str = "weights"
    sort: str = "layer"
    heads: Heads = None
    reference: Look | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for what gives equal pictures."""
        reference = None if self.reference is None else self.reference.key
        return self.view, self.sort, None if self.heads is None else sorted(self.heads), reference


BY_SEEN = {**BY_LOOK, Seen: lambda seen: seen.key}


def payload(look: Look, view: str, sort: str, selected: Head) -> bytes:
    """The attention of every head, as the browser gets it."""
    return payload_of(look, Seen(view, sort), selected)


def picture(look: Look, view: str, sort: str, selected: Head) -> AttentionPicture:
    """What a view of a look shows, of every head."""
    return replace(drawn(look, Seen(view, sort)), selected=selected)


def payload_of(look: Look, seen: Seen, selected: Head) -> bytes:
    """The same for everything that can be seen."""
    if seen.sort == BY_EFFECT:
        scores.effects_of(look)  # here, where a bar can be drawn
    shown = drawn(look, seen)
    # Which head is selected changes the bytes only where not all of them are exact.
    exact = None if shown.every_head_is_exact else selected
    return _payload(look, seen, exact, shown)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_SEEN)
def _payload(look: Look, seen: Seen, exact: Head | None, _picture: AttentionPicture) -> bytes:
    with cores(look):
        return encode(replace(_picture, selected=exact or (0, 0)))


def drawn(look: Look, seen: Seen) -> AttentionPicture:
    """What is seen, before a head is selected; a large one would keep its trace in memory."""
    return (_drawn if is_large(look) else _kept)(look, seen)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=BY_SEEN)
def _kept(look: Look, seen: Seen) -> AttentionPicture:
    return _drawn(look, seen)


def _drawn(look: Look, seen: Seen) -> AttentionPicture:
    if seen.view in OF_LAYERS:
        return _of_layers(look, seen)
    found = traced(look)
    visible = found.visible
    if seen.view == "difference" and seen.reference is not None:
        visible = visible | traced(seen.reference).visible
    kinds = {"weights": "weights", "value-weighted": "lengths"}
    return AttentionPicture(
        tokens=look.tokens,
        values=_values(look, seen),
        visible=visible,
        kind=kinds.get(seen.view, "signed"),  # type: ignore[arg-type]
        name=seen.view,
        entropy=entropies(look),
        order=_order(look, seen.sort),
        thumbnails=found.peaks if seen.view == "weights" else None,
    )


def _values(look: Look, seen: Seen) -> np.ndarray | Maps:
    """(L, H, T, T), or what gives one head of it after the other."""
    found = traced(look)
    if seen.view == "value-weighted":
        lengths = rollout.carried(look.checkpoint.model, found)
        weights = found.maps("weights")
        return Maps(weights.shape, lambda l, h: weights[l, h] * lengths[l, h])
    if seen.view == "difference" and seen.reference is not None:
        weights, other = found.maps("weights"), traced(seen.reference).maps("weights")
        return Maps(other.shape, lambda l, h: weights[l, h] - other[l, h])
    return found.maps(seen.view)


def _order(look: Look, sort: str) -> list[Head] | None:
    if sort == "layer":
        return None
    if sort == "entropy":
        return head_entropy.sharpest_first(entropies(look))
    if sort == BY_EFFECT:
        return head_entropy.largest_first(scores.effects_of(look).on_loss)
    return head_entropy.largest_first(scores.patterns_of(look)[sort])


def _of_layers(look: Look, seen: Seen) -> AttentionPicture:
    """One map a layer over the chosen heads: their mean, or what has flowed up to it."""
    found = traced(look)
    weights = found.maps("weights")
    labels = [f"L{layer}" for layer in range(found.config.n_layer)]
    visible = found.visible
    if seen.view == "rollout":
        residual = 0.5 if found.config.skip else 0.0
        maps = list(rollout.rollout(weights, residual, seen.heads))
        labels = [f"to {label}" for label in labels]
        visible = rollout.reached(visible, len(labels), found.config.skip)
    else:
        means = [rollout.head_mean(weights, l, seen.heads) for l in range(len(labels))]
        every = rollout.head_average(weights, seen.heads)
        named = [*zip(labels, means, strict=True), ("all", every)]
        labels = [label for label, mean in named if mean is not None]
        maps = [mean for _, mean in named if mean is not None]
    values = np.stack(maps)[:, None]
    return AttentionPicture(
        tokens=look.tokens,
        values=values,
        visible=visible,
        name="flow" if seen.view == "rollout" else "weights",
        entropy=head_entropy.entropy(values),
        layer_labels=labels,
        head_labels=[seen.view],
    )
