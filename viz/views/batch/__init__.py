"""A batch of blocks beside its targets: hover a token to read its example, choose a row for all."""

from __future__ import annotations

from collections.abc import Callable

from viz.easel.component import component, on_report
from viz.views.batch.batch_data import NO_ROW, Blocks, blocks_data

__all__ = ["NO_ROW", "Blocks", "batch_view"]

_component = component(__file__, "batch_view", testid="batch")


def batch_view(
    blocks: Blocks, *, key: str, row: int = NO_ROW, on_row: Callable[[int], None] | None = None
) -> None:
    """Draw a batch.

    Args:
        row: whose examples are written out below; NO_ROW: none can be chosen.
        on_row: called with a row that was chosen, before the rerun that follows.
    """
    _component(key=key, data=blocks_data(blocks, row), on_row_change=on_report(key, "row", on_row))
