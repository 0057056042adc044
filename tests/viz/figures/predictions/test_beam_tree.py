"""A tree of beams: a line from each beam to the one that it continues, the chosen path apart."""

from __future__ import annotations

import math

from viz.colors import TARGET
from viz.figures.predictions.beam_tree import BEND, LONGEST, BeamNode, beam_tree

NODES = [
    BeamNode(0, 0, 0, "un", math.log(0.6), -0.5, False, True),
    BeamNode(0, 1, 0, "<i>", math.log(0.3), -1.2, False, False),
    BeamNode(1, 0, 1, "x" * 20, math.log(0.2), -0.9, False, False),
    BeamNode(1, 1, 0, "\n", math.log(0.1), -1.1, True, True),
]


def test_lines_go_from_parents_to_children() -> None:
    others, chosen = beam_tree(NODES, "\n").data[:2]
    assert list(chosen.x) == [-1, BEND - 1, 0, None, 0, BEND, 1, None]
    assert list(chosen.y) == [0, 0, 0, None, 0, 1, 1, None]
    assert chosen.line.color == TARGET and others.line.color != TARGET
    assert list(others.y) == [0, 1, 1, None, 1, 0, 0, None]


def test_beams_are_points_with_their_tokens_and_numbers() -> None:
    others, chosen = beam_tree(NODES, "\n").data[2:]
    assert list(chosen.text) == ["un", "↵"] and list(chosen.marker.symbol) == ["circle", "square"]
    assert others.text[0] == "&lt;i&gt;" and len(others.text[1]) == LONGEST
    assert [row[1] for row in chosen.customdata] == [math.exp(n) for n in map(math.log, (0.6, 0.1))]
    assert others.customdata[1][0] == "x" * 20 and others.customdata[1][3] == -0.9


def test_it_grows_with_its_steps_and_beams() -> None:
    small, large = beam_tree(NODES[:1], "\n"), beam_tree(NODES, "\n")
    assert large.layout.width > small.layout.width
    assert large.layout.height > small.layout.height
    assert beam_tree([], "\n").layout.annotations[0].text == "<b>↵</b>"
