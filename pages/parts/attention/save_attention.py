"""Files to save from Attention: the maps on the page, and the numbers behind them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import viz
from pages.parts.attention import analyses, attention_pictures
from pages.parts.attention.attention_pictures import Head, MapContent
from pages.parts.attention.attention_state import AttentionState
from pages.shared import selection, switch_text
from pages.shared.figures import Figures
from pages.shared.large_traces import to_save
from pages.shared.loads import Look, attention, entropies
from pages.shared.save import save_button
from viz.figures.heads.head_grid import LARGEST
from viz.map_scale import Kind
from viz.views.attention import AttentionPicture


def offer(look: Look, plain: Look, content: MapContent, head: Head, state: AttentionState) -> None:
    """Draw the save button.

    Args:
        look, plain: with and without edited weights.
        head: the selected head; only its layer counts in a view with one map for each layer.
        state: of the page; its analysis is saved too.
    """
    chosen = state.analysis
    picture = attention_pictures.picture_of(look, content)
    map_at = selection.within_shape(head, picture.shape)
    save_button(
        "attention",
        figures=_figures(picture, map_at) | analyses.figures(chosen, look, plain, state),
        arrays=lambda: _arrays(look, content, head) | analyses.arrays(chosen, look, plain, state),
        look=look,
        settings={"view": content.view, "sort": content.sort, "layer": head[0], "head": head[1]}
        | _settings(content),
    )


def _figures(picture: AttentionPicture, map_at: Head) -> Figures:
    """The large map of the page, and all maps if they have few enough cells."""
    kind: Kind = "signed" if picture.kind == "signed" else "weights"
    labels = picture.layer_labels or [f"layer {l}" for l in range(picture.shape[0])]
    names = picture.head_labels or [f"head {h}" for h in range(picture.shape[1])]
    title = f"{picture.name}: {labels[map_at[0]]}, {names[map_at[1]]}"
    axes: dict[str, Any] = {
        **{"tokens": picture.tokens, "key_tokens": picture.key_tokens},
        **{"visible": picture.visible, "kind": kind},
    }
    figures: Figures = {title: lambda: viz.heatmap(picture.head(*map_at), title=title, **axes)}
    if math.prod(picture.shape) <= LARGEST:
        title = f"{picture.name}: all maps"
        figures[title] = lambda: viz.head_grid(picture.values[:], title=title, **axes)
    return figures


def _arrays(look: Look, content: MapContent, head: Head) -> dict[str, np.ndarray]:
    site = attention(look)
    arrays = {"ids": site.query_tokens, "visible": site.visible}
    if site.is_cross:
        arrays["key_ids"] = site.key_tokens
    maps = {"weights": site.maps("weights")}
    name = content.view.replace("-", "_")
    if name not in maps:
        maps[name] = attention_pictures.picture_of(look, content).values
    for each, values in maps.items():
        arrays[each] = to_save(look, selection.within_shape(head, values.shape), values)
    return arrays | {"entropy": entropies(look)}


def _settings(content: MapContent) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if content.heads is not None:
        settings["heads"] = [list(head) for head in sorted(content.heads)]
    if content.reference is not None:
        settings["reference"] = {
            "run": content.reference.run,
            "prompt": content.reference.checkpoint.tokenizer.decode(list(content.reference.ids)),
            "switches": switch_text.settings(content.reference.switches),
        }
    return settings
