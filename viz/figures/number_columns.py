"""Columns of numbers at the right of bars: as wide as their characters, however narrow the window.

They stand in the right margin of a figure, so that the bars, and not the numbers, give way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from viz.colors import MASKED, SHARE
from viz.text import plotly_text

CHARACTER = 0.61
"""Width of a character of a monospaced face, in sizes of the face; common faces have 0.60."""
GAP = 2
"""Characters before each column."""
LEAST_BARS = 24
"""px that the bars have in the narrowest window."""
BLANK = "\u00a0"


@dataclass(frozen=True)
class NumberColumns:
    """Columns side by side, each with a head.

    Fields:
        texts: the numbers of each column, by its head, from left to right; plain text.
        size: of their monospaced face, in px.
    """

    texts: Mapping[str, Sequence[str]]
    size: int = 12

    @property
    def room(self) -> dict[str, float]:
        """The right margin that they need, in px, which plotly would cut to have 64 px for bars."""
        return {"right": max(self.ends().values(), default=0) + 4, "minreducedwidth": LEAST_BARS}

    def ends(self) -> dict[str, float]:
        """Where each column ends, in px right of the bars."""
        return {name: n * CHARACTER * self.size for name, n in self._last().items()}

    def padded(self, name: str) -> list[str]:
        """The numbers of a column, with blanks before them up to its place; plotly's own markup."""
        width = self._last()[name]
        return [BLANK * (width - len(text)) + plotly_text(text) for text in self.texts[name]]

    def trace(
        self, name: str, rows: Sequence[float], texts: Sequence[str] | None = None, **more: Any
    ) -> go.Scatter:
        """One column as plotly draws it, from the end of the bars, at x = 1, to the right.

        Args:
            rows: the y of each number.
            texts: what is drawn in place of `padded`.
        """
        return go.Scatter(
            x=[1] * len(rows),
            y=list(rows),
            mode="text",
            text=self.padded(name) if texts is None else list(texts),
            textposition="middle right",
            textfont={"family": "monospace", "size": self.size},
            cliponaxis=False,
            name=name,
            **more,
        )

    def heads(self, own: str) -> list[dict[str, Any]]:
        """Annotations over the columns: what they hold, each word in a line of its own.

        Args:
            own: the head in the colour of the bars.
        """
        at = {"x": 1, "xref": "paper", "xanchor": "right", "y": 1, "yref": "paper"}
        return [
            {
                **at,
                "text": name.replace(" ", "<br>"),
                "xshift": end,
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 12, "color": SHARE if name == own else MASKED},
            }
            for name, end in self.ends().items()
        ]

    def _last(self) -> dict[str, int]:
        """Characters from the bars to the end of each column."""
        last: dict[str, int] = {}
        at = 0
        for name, texts in self.texts.items():
            at += GAP + max(map(len, [*texts, *name.split()]))
            last[name] = at
        return last
