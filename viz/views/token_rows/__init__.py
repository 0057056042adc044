"""One text cut by several tokenizers, a row each: hovering a piece lights its characters in all."""

from __future__ import annotations

from collections.abc import Sequence

from viz.easel.component import component
from viz.token_row import TokenRow
from viz.views.token_rows.rows_data import rows_data

__all__ = ["TokenRow", "token_rows"]

_component = component(__file__, "token_rows", testid="token-rows")


def token_rows(rows: Sequence[TokenRow], *, key: str) -> None:
    """Draw the rows."""
    _component(key=key, data=rows_data(rows))
