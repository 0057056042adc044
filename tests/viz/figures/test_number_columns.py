"""Columns of numbers beside bars: right-aligned, one beside the other, in room of their own."""

from __future__ import annotations

import numpy as np
import pytest

from viz.figures.number_columns import BLANK, CHARACTER, NumberColumns
from viz.figures.predictions.before_after import before_after
from viz.figures.predictions.label_bars import label_bars
from viz.figures.predictions.next_token import next_token_bars
from viz.figures.predictions.ranked_tokens import ranked_tokens
from viz.figures.stream.waterfall import waterfall
from viz.figures.tokens.rank_bars import rank_bars
from viz.token_ranking import ranked

COLUMNS = NumberColumns({"a": ["1.5", "−20"], "from b": ["<1%", "100%"]}, size=10)


def test_each_column_ends_where_its_longest_text_does() -> None:
    # Two blanks, three characters; then two blanks, four characters ("from", "100%").
    assert [text.replace(BLANK, "_") for text in COLUMNS.padded("a")] == ["__1.5", "__−20"]
    assert [text.replace(BLANK, "_") for text in COLUMNS.padded("from b")] == [
        "________&lt;1%", "_______100%",
    ]  # fmt: skip
    assert COLUMNS.ends() == pytest.approx({"a": 5 * 10 * CHARACTER, "from b": 11 * 10 * CHARACTER})


def test_heads_stand_over_their_columns() -> None:
    first, second = COLUMNS.heads("a")
    assert (first["text"], second["text"]) == ("a", "from<br>b")
    assert [head["xshift"] for head in (first, second)] == list(COLUMNS.ends().values())
    assert first["font"]["color"] != second["font"]["color"]


@pytest.mark.parametrize(
    "figure",
    [
        next_token_bars(np.array([0.9, 0.1]), np.array([1.0, 0.0]), ["a", "b"]),
        before_after(np.zeros(2), np.array([-100.0, 0.0]), ["a", "b"]),
        label_bars(["a", "b"], {"no mask": np.array([0.5, 0.5]), "causal": np.array([0.1, 0.9])}),
        ranked_tokens(ranked(np.array([0.9, 0.1]), ["a", "b"])),
        rank_bars(["a", "b"], np.array([1.0, -1.0]), np.array([0, 1])),
        waterfall(np.array([1.0, -100.0]), ["a", "b"]),
    ],
    ids=["next_token", "before_after", "label_bars", "ranked_tokens", "rank_bars", "waterfall"],
)
def test_no_column_is_wider_than_the_margin_that_it_stands_in(figure) -> None:  # type: ignore[no-untyped-def]
    columns = [trace for trace in figure.data if trace.type == "scatter"]
    assert columns
    ends = []
    for column in columns:
        assert column.cliponaxis is False and set(column.x) == {1}
        texts = [text.replace("<b>", "").replace("</b>", "") for text in column.text]
        lengths = {len(text.replace("&lt;", "<")) for text in texts}
        assert len(lengths) == 1  # right-aligned
        starts = min(len(text) - len(text.lstrip(BLANK)) for text in texts)
        assert starts > max(ends, default=0)  # apart from the column before
        ends.append(lengths.pop())
    size = columns[0].textfont.size
    assert max(ends) * size * CHARACTER <= figure.layout.margin.r
    assert figure.layout.minreducedwidth < 64  # below, plotly takes from the margin
