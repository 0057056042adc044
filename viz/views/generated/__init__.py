"""The text so far, tinted by what its last token attends to, and the cache that grows with it.

A small component: the pieces reach the browser as text, never as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from viz.colors import KEYS, SHARE
from viz.easel.component import component
from viz.text import readable, visible

_component = component(__file__, "generated_text", testid="generated")


def generated_text(
    pieces: Sequence[str],
    texts: Sequence[str],
    n_prompt: int,
    weights: np.ndarray,
    cache: tuple[int, int, int],
    key: str,
) -> None:
    """Draw prompt and continuation.

    Args:
        pieces: of the prompt and then of what was generated; they name the tokens.
        texts: what the text grew by with each of them; it is read as these.
        n_prompt: how many of them are the prompt's.
        weights: (T,) of the last position over the latest T pieces.
        cache: positions reused, computed now, and how many there is room for.
    """
    data: dict[str, Any] = {
        "pieces": [visible(piece) for piece in pieces],
        "texts": [readable(text) for text in texts],
        "prompt": n_prompt,
        "start": len(pieces) - len(weights),
        "weights": [round(float(weight), 4) for weight in weights],
        "cache": list(cache),
        "colors": {"key": KEYS, "cache": SHARE},
    }
    _component(key=key, data=data)
