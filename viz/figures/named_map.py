"""A map whose rows and columns have names: a hover reads the names off the axes.

A name for every cell, as in `viz.heatmap`, would be tens of megabytes for a picture of many maps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.colors import INVALID, MASKED
from viz.figures.plot_parts import LINELESS, colored, flat_cells
from viz.given import Array, Bools
from viz.map_scale import faint


@dataclass(frozen=True)
class Cells:
    """A matrix sorted into numbers, masked cells and what is no number.

    Fields:
        values: as they were given.
        masked, invalid: same shape; where neither is True, there is a number.
    """

    values: Array
    masked: Bools
    invalid: Bools

    @classmethod
    def of(cls, values: Array, visible: Bools | None = None) -> Cells:
        """−inf counts as masked, and so does what `visible` (it may broadcast) excludes."""
        masked = np.isneginf(values)
        if visible is not None:
            masked |= ~visible
        return cls(values, masked, ~masked & ~np.isfinite(values))

    @property
    def numbers(self) -> Array:
        """The finite numbers that are seen, in one row."""
        numbers: Array = self.values[~self.masked & ~self.invalid]
        return numbers

    @property
    def drawn(self) -> Array:
        """The matrix with nan in place of masked and invalid cells."""
        return np.where(self.masked | self.invalid, np.nan, self.values).astype(self.values.dtype)


def named_map(
    cells: Cells, rows: list[str], columns: list[str], scale: dict[str, Any], **more: Any
) -> list[go.Heatmap]:
    """The traces: the numbers, then the cells that hold a word rather than a number.

    Args:
        rows, columns: names, escaped, no two alike; cells in a row or column that is only there
            for the distance hold nan and are not `invalid`.
        scale: from `viz.map_scale`.
        more: for the trace of the numbers.
    """
    names: dict[str, Any] = {"x": columns, "y": rows}
    hover = "%{y}<br>%{x}<br>"
    numbers = colored(cells.drawn, scale, f"{hover}<b>%{{z:.4f}}</b>", **names, **more)
    return [numbers, *word_cells(cells, hover, **names)]


def word_cells(cells: Cells, hover: str, **axes: Any) -> list[go.Heatmap]:
    """The traces of the cells that hold a word rather than a number, if there are any.

    Args:
        hover: what a hover says before the word.
        axes: what else the traces have in common with that of the numbers.
    """
    words = (
        (cells.masked, "masked", faint(MASKED)),
        (cells.invalid, "not a number", INVALID),
    )
    return [
        flat_cells(where, color, f"{hover}{word}", name=word, **axes)
        for where, word, color in words
        if where.any()
    ]


NAMED_AXIS: dict[str, Any] = {**LINELESS, "type": "category", "tickmode": "array", "ticks": ""}
"""An axis of names of which only some are printed; `tickvals` count from 0."""
