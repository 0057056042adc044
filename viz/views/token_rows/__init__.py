"""One text cut by several tokenizers, a row each: hovering a piece lights its characters in all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from viz.colors import RUNS
from viz.easel.component import component
from viz.text import visible
from viz.token_row import TokenRow

_component = component(__file__, "token_rows", testid="token-rows")


def rows_data(rows: Sequence[TokenRow]) -> dict[str, Any]:
    """Rows as JSON types; each token as [what is shown, id, first, after, ends a line]."""
    return {"rows": [_row(row) for row in rows], "colors": list(RUNS)}


def _row(row: TokenRow) -> dict[str, Any]:
    nowhere = [[-1, -1]] * len(row.ids)
    spans = nowhere if row.places is None else row.places.tolist()
    tokens = [
        [visible(piece), int(id), *span, piece.endswith("\n")]
        for piece, id, span in zip(row.pieces, row.ids, spans, strict=True)
    ]
    return {"title": row.title, "facts": row.facts, "refused": row.refused, "tokens": tokens}


def token_rows(rows: Sequence[TokenRow], *, key: str) -> None:
    """Draw the rows."""
    _component(key=key, data=rows_data(rows))
