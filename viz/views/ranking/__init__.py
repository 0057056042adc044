"""One cell of the logit lens as a Streamlit component: the likeliest tokens, and the way there.

`viz.figures.predictions.ranked_tokens` draws the bars as a plotly figure, for files and notebooks;
`viz.views.plane` says why a page does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.easel.component import component
from viz.text import visible
from viz.token_ranking import ranked

_component = component(__file__, "ranking_view", testid="ranking")


def ranking_view(
    probs: NDArray[np.floating[Any]],
    pieces: Sequence[str],
    truth: int | None,
    *,
    title: str,
    table: Mapping[str, Sequence[str]],
    true: str,
    key: str,
) -> None:
    """Draw tokens in falling order, and a table beside them.

    Args:
        probs, pieces, truth: see `viz.token_ranking.ranked`.
        title: of the table, plain text.
        table: name of a column to its cells, plain texts, equally many.
        true: what the marked token is, in words.
    """
    data = ranking_data(probs, pieces, truth, title, table)
    _component(key=key, data=data | {"true": true})


def ranking_data(
    probs: NDArray[np.floating[Any]],
    pieces: Sequence[str],
    truth: int | None,
    title: str,
    table: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """As plain JSON types.

    Raises:
        ValueError: not one piece for each probability, or columns of different lengths.
    """
    return {
        "bars": [
            {
                "token": visible(token.piece),
                "share": token.share,
                "text": token.text,
                "color": token.color,
                "true": token.is_true,
            }
            for token in ranked(probs, pieces, truth)
        ],
        "title": title,
        "columns": list(table),
        "rows": [list(row) for row in zip(*table.values(), strict=True)],
    }
