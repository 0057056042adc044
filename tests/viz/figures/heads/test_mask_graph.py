"""The mask as a graph: which arrows there are, which way they bend, whose are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from viz.figures.heads.mask_graph import edges, mask_graph

MASK = np.array([[0, 1, 0], [1, 1, 0], [1, 0, 1]], bool)
TOKENS = ["a", "<b>", " "]


def heads(trace: object) -> list[tuple[float, float]]:
    """Where each arrow of a trace ends, and the height of its middle."""
    x, y, size = (np.asarray(part) for part in (trace.x, trace.y, trace.marker.size))  # type: ignore[attr-defined]
    ends = np.flatnonzero(size)
    return [(float(x[end]), float(y[end - 12])) for end in ends]


def test_every_cell_but_the_diagonal_is_an_arrow() -> None:
    assert edges(MASK).tolist() == [[0, 1], [1, 0], [2, 0]]
    arrows = mask_graph(MASK, TOKENS).data[0]
    assert [list(pair) for pair in arrows.customdata] == [[0, 1], [1, 0], [2, 0]]
    # each runs from its key and ends at its query; a look ahead bends down, a look back bends up
    assert [(x, np.sign(y)) for x, y in heads(arrows)] == [(0, -1), (1, 1), (2, 1)]
    assert [float(x) for x in np.asarray(arrows.x)[::26]] == [1, 0, 0]


def test_a_token_that_sees_itself_has_a_ring() -> None:
    rings = next(t for t in mask_graph(MASK, TOKENS).data if t.name == "may see itself")
    assert list(rings.x) == [1, 2]


def test_a_chosen_token_has_its_own_arrows_alone() -> None:
    out, back = mask_graph(MASK, TOKENS, chosen=0).data[:2]
    assert [list(pair) for pair in out.customdata] == [[0, 1]]
    assert [list(pair) for pair in back.customdata] == [[1, 0], [2, 0]]


def test_nodes_say_how_much_they_see_and_tokens_are_escaped() -> None:
    figure = mask_graph(MASK, TOKENS)
    nodes = figure.data[-1]
    assert [list(told) for told in nodes.customdata] == [
        ["a", 1, 2],
        ["&lt;b&gt;", 2, 2],
        ["·", 2, 1],
    ]
    assert list(figure.layout.xaxis.ticktext) == ["a", "&lt;b&gt;", "·"]


def test_a_mask_of_one_token_is_drawn() -> None:
    figure = mask_graph(np.ones((1, 1), bool), ["a"])
    assert list(figure.data[0].customdata) == []


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mask must be \(2, 2\)"):
        mask_graph(MASK, ["a", "b"])
    with pytest.raises(ValueError, match="there is no token 3 among 3"):
        mask_graph(MASK, TOKENS, chosen=3)
