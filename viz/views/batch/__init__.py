"""A batch of blocks beside its targets: hover a token to read its example, choose a row for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from viz.colors import RUNS
from viz.easel.component import component, on_report
from viz.given import Bools, Integers
from viz.text import visible

_component = component(__file__, "batch_view", testid="batch")

NO_ROW = -1


@dataclass(frozen=True, eq=False)
class Blocks:
    """B blocks of T tokens, and what follows each token.

    Fields:
        x, y: (B, T) ids; a target below 0 is one that nothing is learned from.
        pieces: the text of every id in them.
        x_documents, y_documents: (B, T) the number of each token's document, below 0 if it has
            none; None if the text is one. Tokens of one document have one colour.
    """

    x: Integers
    y: Integers
    pieces: Mapping[int, str]
    x_documents: Integers | None = None
    y_documents: Integers | None = None

    def __post_init__(self) -> None:
        given = (self.x, self.y, self.x_documents, self.y_documents)
        shapes = {array.shape for array in given if array is not None}
        if len(shapes) > 1 or self.x.ndim != 2:
            raise ValueError(f"ids and documents must all be (B, T), got {sorted(shapes)}")


def blocks_data(blocks: Blocks, row: int = NO_ROW) -> dict[str, Any]:
    """A batch as JSON types; each cell as [id, what is shown, document, whether it counts]."""
    counts = blocks.y >= 0
    return {
        "x": _cells(blocks, blocks.x, blocks.x_documents, counts),
        "y": _cells(blocks, blocks.y, blocks.y_documents, counts),
        "row": row,
        "colors": list(RUNS),
    }


def _cells(blocks: Blocks, ids: Integers, documents: Integers | None, counts: Bools) -> list[Any]:
    of = np.full(ids.shape, -1) if documents is None else documents
    return [
        [
            [int(id), visible(blocks.pieces[int(id)]) if there else "", int(number), bool(there)]
            for id, number, there in zip(*line, strict=True)
        ]
        for line in zip(ids, of, counts, strict=True)
    ]


def batch_view(
    blocks: Blocks, *, key: str, row: int = NO_ROW, on_row: Callable[[int], None] | None = None
) -> None:
    """Draw a batch.

    Args:
        row: whose examples are written out below; NO_ROW: none can be chosen.
        on_row: called with a row that was chosen, before the rerun that follows.
    """
    _component(key=key, data=blocks_data(blocks, row), on_row_change=on_report(key, "row", on_row))
