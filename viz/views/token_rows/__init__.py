"""One text cut by several tokenizers, a row each: hovering a piece lights its characters in all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from viz.figures.tokens.token_spans import TokenRow
from viz.views.token_rows.rows_data import rows_data

__all__ = ["TokenRow", "token_rows"]

_FOLDER = Path(__file__).parent

_component = st.components.v2.component(
    "headlight.token_rows",
    html='<div class="rows" data-testid="token-rows">\n</div>',
    css=(_FOLDER / "rows.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "rows.js").read_text(encoding="utf-8"),
)


def token_rows(rows: Sequence[TokenRow], *, key: str) -> None:
    """Draw the rows."""
    _component(key=key, data=rows_data(rows))
