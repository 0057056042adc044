"""A batch of blocks beside its targets: hover a token to read its example, choose a row for all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from viz.views.batch.batch_data import NO_ROW, Blocks, blocks_data

__all__ = ["NO_ROW", "Blocks", "batch_view"]

_FOLDER = Path(__file__).parent

_component = st.components.v2.component(
    "headlight.batch_view",
    html='<div class="batch" data-testid="batch">\n</div>',
    css=(_FOLDER / "batch.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "batch.js").read_text(encoding="utf-8"),
)


def batch_view(
    blocks: Blocks, *, key: str, row: int = NO_ROW, on_row: Callable[[int], None] | None = None
) -> None:
    """Draw a batch.

    Args:
        row: whose examples are written out below; NO_ROW: none can be chosen.
        on_row: called with a row that was chosen, before the rerun that follows.
    """

    def choose() -> None:
        found = st.session_state[key].get("row")
        if found is not None and on_row is not None:
            on_row(int(found))

    _component(key=key, data=blocks_data(blocks, row), on_row_change=choose)
