"""A small table of numbers as a Streamlit component: other numbers change the cells, not the table.

For tables beside a picture that a control changes: as Markdown, each change has the browser parse
and build the table anew, which took two of them 40 ms (docs/adr/0015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from viz.easel.component import component
from viz.text import visible

_component = component(__file__, "number_table", testid="number-table")


@dataclass(frozen=True)
class TokenCell:
    """A token, in the monospaced face, and a number of its."""

    piece: str
    number: str


Cell = str | TokenCell


def number_table(head: Sequence[str], rows: Sequence[Sequence[Cell]], *, key: str) -> None:
    """Draw a table: the first column to the left, the others to the right.

    Args:
        head: names of the columns, plain text as all of it.
        rows: as many cells each as there are columns.

    Raises:
        ValueError: a row of another length.
    """
    _component(key=key, data=table_data(head, rows))


def table_data(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> dict[str, Any]:
    """As plain JSON types: a cell is its text, or a token and its number.

    >>> table_data(["", "A"], [["1", TokenCell(" a", "0.5")]])["rows"]
    [['1', ['·a', '0.5']]]

    Raises:
        ValueError: a row of another length than `head`.
    """
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"expected rows of {len(head)} cells, got {len(row)}")
    return {"head": list(head), "rows": [[_cell(cell) for cell in row] for row in rows]}


def _cell(cell: Cell) -> str | list[str]:
    return cell if isinstance(cell, str) else [visible(cell.piece), cell.number]
