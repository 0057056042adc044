"""What no figure can be drawn of is refused by what was handed in, not drawn as another thing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import viz

ONES, EVEN = np.ones((2, 2)), np.full(2, 0.5)
AB = ["a", "b"]
TRIANGLE = [[True, False], [True, True]]


def heatmap(weights: Any = ONES, tokens: Any = AB, **more: Any) -> Callable[[], object]:
    return lambda: viz.heatmap(weights, tokens, **more)


def grid(**more: Any) -> Callable[[], object]:
    return lambda: viz.head_grid(np.ones((1, 1, 2, 2)), AB, **more)


def bars(before: Any = EVEN, after: Any = EVEN, **more: Any) -> Callable[[], object]:
    return lambda: viz.next_token_bars(before, after, AB, **more)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "an empty map": (heatmap(np.zeros((0, 0)), []), "nothing to draw: its shape is (0, 0)"),
    "words for weights": (heatmap(np.array([AB, AB])), "must be real numbers, got <U1"),
    "complex weights": (heatmap(np.ones((2, 2)) * 1j), "must be real numbers, got complex128"),
    "no weights": (heatmap(None), "must be real numbers, got object of shape ()"),
    "ids for tokens": (heatmap(ONES, [1, 2]), "a token must be text, got 1"),
    "an unknown scale": (heatmap(kind="both"), "kind must be one of weights, signed, got 'both'"),
    "an end below 0": (heatmap(kind="signed", limit=-1), "limit must be a number of 0 or more"),
    "an end that is none": (heatmap(kind="signed", limit=math.nan), "got nan"),
    "whole numbers for truths": (
        heatmap(visible=np.ones((2, 2), int)),
        "visible must be booleans, got int64",
    ),
    "truths of another shape": (heatmap(visible=[True, False]), "visible must be (2, 2), got (2,)"),
    "an empty grid": (
        lambda: viz.head_grid(np.zeros((1, 1, 0, 0)), []),
        "nothing to draw: its shape is (1, 1, 0, 0)",
    ),
    "an unknown scale of a grid": (grid(kind="both"), "got 'both'"),
    "whole numbers for a grid's truths": (
        grid(visible=np.eye(2)),
        "visible must be booleans, got float64",
    ),
    "an empty stage": (
        lambda: viz.stages({"weights": np.zeros((0, 0))}, []),
        "weights has nothing to draw: its shape is (0, 0)",
    ),
    "a head without channels": (
        lambda: viz.stages({"queries": np.zeros((2, 0))}, AB),
        "queries has nothing to draw: its shape is (2, 0)",
    ),
    "stages without names": (lambda: viz.stages([ONES], AB), "as a dict; got list"),  # type: ignore[arg-type]
    "truths of another shape for stages": (
        lambda: viz.stages({"weights": ONES}, AB, visible=np.ones((3, 3), bool)),
        "visible must be (2, 2), got (3, 3)",
    ),
    "no probabilities": (
        lambda: viz.next_token_bars(np.zeros(0), np.zeros(0), []),
        "nothing to draw: its shape is (0,)",
    ),
    "probabilities of another number": (bars(after=np.ones(3)), "got (3,)"),
    "probabilities that are none": (bars(np.array([math.nan, 1])), "some of them not finite"),
    "rows in part": (bars(top=2.5), "top must be a whole number of 1 or more, got 2.5"),
    "no rows": (bars(top=0), "got 0"),
    "a token that is not there": (bars(chosen=2), "a token id from 0 to 1, got 2"),
    "a token below 0": (bars(chosen=-1), "a token id from 0 to 1, got -1"),
    "a level that is none": (
        lambda: viz.loss_curves([], baseline=math.inf),
        "baseline must be a finite number, got inf",
    ),
}


@pytest.mark.parametrize(("draw", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_drawn_is_refused_by_name(draw: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        draw()


def test_lists_are_as_good_as_arrays() -> None:
    listed = viz.heatmap([[1, 0], [0.5, 0.5]], AB, visible=TRIANGLE)
    arrays = viz.heatmap(np.array([[1, 0], [0.5, 0.5]]), AB, visible=np.array(TRIANGLE))
    assert listed == arrays
    assert viz.next_token_bars([0.5, 0.5], [1, 0], AB) is not None
