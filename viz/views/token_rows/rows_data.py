"""What the browser gets of a text and its tokens: their words, and where each token lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from viz.colors import RUNS
from viz.text import visible
from viz.token_row import TokenRow


def rows_data(rows: Sequence[TokenRow]) -> dict[str, Any]:
    """Rows as JSON types; each token as [what is shown, id, first, after, ends a line]."""
    return {"rows": [_row(row) for row in rows], "colors": list(RUNS)}


def _row(row: TokenRow) -> dict[str, Any]:
    nowhere = [[-1, -1]] * len(row.ids)
    places = nowhere if row.places is None else row.places.tolist()
    tokens = [
        [visible(piece), int(id), *place, piece.endswith("\n")]
        for piece, id, place in zip(row.pieces, row.ids, places, strict=True)
    ]
    return {"title": row.title, "facts": row.facts, "refused": row.refused, "tokens": tokens}
