"""The same vectors in several versions as a Streamlit component: maps side by side, and one row.

Hovering a number lights its row and column in every map and draws its row below, in the browser
alone; a click reports both. `viz.figures.heads.vectors` and `viz.figures.stream.vector_lines` draw
the same as plotly figures, for files and notebooks; `viz.views.plane` says why a page does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from viz.colors import MASKED, RUNS, SIGNED_SCALE
from viz.easel import framing
from viz.map_scale import signed_end
from viz.text import visible

MAGIC, ASK_MAGIC = b"HLVE", b"HLAV"

_FOLDER = Path(__file__).parent
# Bytes are read and numbers coloured as in the attention view, by the same functions.
_SCRIPTS = (
    _FOLDER.parent / "attention" / "model.js",
    _FOLDER.parent / "attention" / "pixels.js",
    _FOLDER / "view.js",
)

_component = st.components.v2.component(
    "headlight.vectors_view",
    html='<div class="vectors" data-testid="vectors">\n</div>',
    css=(_FOLDER / "view.css").read_text(encoding="utf-8"),
    js="\n".join(path.read_text(encoding="utf-8") for path in _SCRIPTS),
)


def vectors_view(
    payload: bytes, *, key: str, row: int, column: int, on_choose: Callable[[int, int], None]
) -> None:
    """Draw what `vectors_payload` made; cache it.

    Args:
        row, column: the position and the channel that are chosen.
        on_choose: called with others before the rerun that follows a click.
    """

    def choose() -> None:
        found = st.session_state[key].get("place")
        if found is not None:
            on_choose(int(found[0]), int(found[1]))

    asked = framing.frame(ASK_MAGIC, {"row": row, "column": column})
    _component(key=key, data=asked + payload, on_place_change=choose)


def vectors_payload(
    versions: Mapping[str, NDArray[np.floating]],
    tokens: Sequence[str],
    limits: Sequence[float],
    first: int = 0,
) -> bytes:
    """(T, C) numbers in several versions, float32.

    Args:
        versions: name, as plain text, to (T, C).
        tokens: T pieces of text.
        limits: the end of each version's colour scale; what is beyond has the end's colour.
        first: position of the first row.

    Raises:
        ValueError: versions of different shapes, or not one token for each row.
    """
    shapes = {version.shape for version in versions.values()}
    if len(shapes) != 1 or len(tokens) != next(iter(shapes))[0]:
        raise ValueError(f"{len(tokens)} tokens need versions of as many rows, got {shapes}")
    header = {
        "names": list(versions),
        "limits": [signed_end(limit) for limit in limits],
        "tokens": [visible(piece) for piece in tokens],
        "first": first,
        "channels": next(iter(shapes))[1],
        "scale": SIGNED_SCALE,
        "inks": [MASKED, *RUNS][: len(versions)],
    }
    buffers = {f"v{n}": np.asarray(v, np.float32) for n, v in enumerate(versions.values())}
    return framing.pack(MAGIC, header, buffers)
