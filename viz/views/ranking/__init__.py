"""One cell of the logit lens as a Streamlit component: the likeliest tokens, and the way there.

`viz.figures.predictions.ranked_tokens` draws the bars as a plotly figure, for files and notebooks;
`viz.views.plane` says why a page does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from viz.easel.component import component
from viz.text import visible
from viz.token_ranking import RankedToken

_component = component(__file__, "ranking_view", testid="ranking")


def ranking_view(data: Mapping[str, Any], *, key: str) -> None:
    """Draw tokens in falling order, and a table beside them; `data` is from `ranking_data`."""
    _component(key=key, data=data)


def ranking_data(
    tokens: Sequence[RankedToken], true: str, title: str, table: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Tokens and a table as plain JSON types.

    Args:
        tokens: from `viz.token_ranking.ranked`.
        true: what the marked token is, in words.
        title: of the table, plain text.
        table: name of a column to its cells, plain texts, equally many.

    Raises:
        ValueError: columns of different lengths.
    """
    return {
        "bars": [{**asdict(token), "piece": visible(token.piece)} for token in tokens],
        "true": true,
        "title": title,
        "columns": list(table),
        "rows": [list(row) for row in zip(*table.values(), strict=True)],
    }
