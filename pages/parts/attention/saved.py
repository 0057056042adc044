"""What can be taken away from the page: the maps that are shown, and the numbers behind them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import viz
from pages.parts.attention import analyses, pictures
from pages.parts.attention.pictures import Head, Seen
from pages.parts.attention.state import AttentionState
from pages.shared import selection, switch_text
from pages.shared.figures import Figures
from pages.shared.large_traces import to_save
from pages.shared.loads import Look, entropies, traced
from pages.shared.save import save_button
from viz.figures.heads.head_grid import LARGEST
from viz.map_scale import Kind
from viz.views.attention import AttentionPicture


def offer(look: Look, plain: Look, seen: Seen, head: Head, state: AttentionState) -> None:
    """The save button.

    Args:
        look, plain: what is shown, and the same without edited weights.
        head: the one that is shown; in a view with one map a layer, the layer's.
        state: of the page; the analysis that it asks for is saved too.
    """
    chosen = state.analysis
    shown = pictures.drawn(look, seen)
    place = selection.within_shape(head, shown.shape)
    save_button(
        "attention",
        figures=_figures(shown, place) | analyses.figures(chosen, look, plain, state),
        arrays=lambda: _arrays(look, seen, head) | analyses.arrays(chosen, look, plain, state),
        look=look,
        settings={"view": seen.view, "sort": seen.sort, "layer": head[0], "head": head[1]}
        | _told(seen),
    )


def _figures(shown: AttentionPicture, place: Head) -> Figures:
    """The map that is large on the page, and all maps where those are not too many cells."""
    kind: Kind = "signed" if shown.kind == "signed" else "weights"
    labels = shown.layer_labels or [f"layer {l}" for l in range(shown.shape[0])]
    names = shown.head_labels or [f"head {h}" for h in range(shown.shape[1])]
    one = f"{shown.name}: {labels[place[0]]}, {names[place[1]]}"
    told: dict[str, Any] = {
        **{"tokens": shown.tokens, "key_tokens": shown.key_tokens},
        **{"visible": shown.visible, "kind": kind},
    }
    figures: Figures = {one: lambda: viz.heatmap(shown.head(*place), title=one, **told)}
    if math.prod(shown.shape) <= LARGEST:
        title = f"{shown.name}: all maps"
        figures[title] = lambda: viz.head_grid(shown.values[:], title=title, **told)
    return figures


def _arrays(look: Look, seen: Seen, head: Head) -> dict[str, np.ndarray]:
    found = traced(look)
    told = {"ids": found.ids, "visible": found.visible}
    maps = {"weights": found.maps("weights")}
    name = seen.view.replace("-", "_")
    if name not in maps:
        maps[name] = pictures.drawn(look, seen).values
    for each, values in maps.items():
        told[each] = to_save(look, selection.within_shape(head, values.shape), values)
    return told | {"entropy": entropies(look)}


def _told(seen: Seen) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if seen.heads is not None:
        told["heads"] = [list(head) for head in sorted(seen.heads)]
    if seen.reference is not None:
        told["reference"] = {
            "run": seen.reference.run,
            "prompt": seen.reference.checkpoint.tokenizer.decode(list(seen.reference.ids)),
            "switches": switch_text.settings(seen.reference.switches),
        }
    return told
