"""The same vectors in several versions as a Streamlit component: maps side by side, and one row.

Hovering a number lights its row and column in every map and draws its row below, in the browser
alone; a click reports both. `viz.figures.tokens.channels` and `viz.figures.stream.vector_lines`
draw the same in plotly, for files and notebooks; `viz.views.plane` says why a page does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from viz.colors import MASKED, RUNS, SIGNED_SCALE
from viz.easel import framing
from viz.easel.component import component, on_report
from viz.given import Numbers
from viz.map_scale import signed_end
from viz.text import visible

MAGIC, ASK_MAGIC = b"HLVE", b"HLAV"

_component = component(__file__, "vectors_view", testid="vectors")


def vectors_view(
    payload: bytes, *, key: str, row: int, column: int, on_choose: Callable[[int, int], None]
) -> None:
    """Draw vectors; `payload` is from `vectors_payload` and should be cached.

    Args:
        row, column: the position and the channel that are chosen.
        on_choose: called with others before the rerun that follows a click.
    """
    wish = framing.frame(ASK_MAGIC, {"row": row, "column": column})
    report = on_report(key, "cell", lambda cell: on_choose(*cell))
    _component(key=key, data=wish + payload, on_cell_change=report)


def vectors_payload(
    versions: Mapping[str, Numbers], tokens: Sequence[str], limits: Sequence[float], first: int = 0
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
