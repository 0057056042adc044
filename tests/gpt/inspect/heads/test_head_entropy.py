"""What a query tells of where it looks: 0 for a head that looks the same from everywhere."""

from __future__ import annotations

import math

import numpy as np

from gpt.inspect.heads.head_entropy import entropy, telling
from tests.close import close

ALIKE = np.array([[0.0, 1.0], [0.0, 1.0]])
"""Sharp, and the same for both queries."""
EVEN = np.full((2, 2), 0.5)
DIAGONAL = np.eye(2)
MIXED = np.array([[0.75, 0.25], [0.25, 0.75]])


def test_queries_that_look_apart_tell_most() -> None:
    weights = np.stack([ALIKE, EVEN, DIAGONAL, MIXED])
    # The mean row of the last three is even: ln 2. Each row of MIXED has 0.75 ln 4/3 + 0.25 ln 4.
    mixed = math.log(2) - (0.75 * math.log(4 / 3) + 0.25 * math.log(4))
    assert telling(weights) == close([0, 0, math.log(2), mixed])
    assert entropy(weights)[0] == close(0)  # the sharpest heads need not tell anything


def test_one_query_tells_nothing_and_keys_need_not_be_as_many() -> None:
    assert telling(np.array([[[0.2, 0.3, 0.5]]])) == close([0])
    wide = telling(np.array([[[[1.0, 0, 0], [0, 0, 1.0]]]]))
    assert wide.shape == (1, 1) and wide[0, 0] == close(math.log(2))
